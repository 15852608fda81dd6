// 今天: on duty or not, the round in its order, what waits.
import { say } from '../../js/page.js'
import { button, chip, confirmed, el, empty, icon } from '../dom.js'
import { stopDuty } from '../duty.js'
import { lastPlace } from '../place.js'

import { mine, now, stuck } from '../now.js'
import { clockOf, day, distance, metres } from '../time.js'

const SIGNS = {
  patrol: 'route', inspection: 'shield', unannounced: 'shield', household: 'home', care: 'heart', office_point: 'messages', style: 'shield', acceptance: 'check', contact: 'messages',
}
export const signOf = (visit) => SIGNS[visit.kind] ?? 'flag'

/** Where a visit stands, as far as this phone knows: planned, begun or finished. */
export function stateOf(visit) {
  const kinds = mine('visit', visit.id).map((action) => action.kind)
  if (visit.state === 'done' || kinds.includes('visit.finish')) return 'done'
  if (visit.state === 'begun' || kinds.includes('visit.begin')) return 'begun'
  return visit.state
}

export function dueWords(visit) {
  const due = visit.due_on
  if (!due) return ''
  return say('{when}截止', { when: day(due + 'T00:00') })
}

function isLate(visit) {
  if (!visit.due_on) return false
  return Date.parse(visit.due_on + 'T23:59:59') < Date.now()
}

function visitRow(visit, index) {
  const state = stateOf(visit)
  const here = lastPlace()
  const far = here && visit.lng ? distance(metres(here, visit)) : ''
  const due = dueWords(visit)
  return el('li', {}, el('a', { class: 'row ' + state, href: '#/visits/' + visit.id },
    el('span', { class: 'row-mark' }, state === 'done' ? icon('check') : String(index + 1)),
    el('span', { class: 'row-text' },
      el('strong', {}, visit.title),
      el('span', { class: 'row-facts' }, el('span', {}, icon(signOf(visit)), visit.kind_label), visit.place_name && el('span', {}, visit.place_name), far && el('span', {}, far)),
      state === 'done' ? chip('done', 'check', mine('visit', visit.id).length ? say('已做完，等发送') : say('已做完'))
        : state === 'begun' ? chip('working', 'clock', say('进行中'))
          : isLate(visit) ? chip('late', 'alert', say('已过期')) : due && el('span', { class: 'quiet' }, due)),
    icon('right')))
}

function onDuty() {
  const since = new Date(now.duty.since)
  const stop = async () => {
    const yes = await confirmed(say('现在下岗吗'), say('下岗后不再记录位置。'), say('下岗'))
    if (yes) await stopDuty(now.user)
  }
  return el('section', { class: 'card duty on', 'aria-label': say('在岗') },
    el('div', { class: 'duty-words' }, el('span', { class: 'pulse', 'aria-hidden': 'true' }),
      el('div', {}, el('strong', {}, say('在岗')), el('p', {}, say('{time} 起 · {n} 个位置点', { time: clockOf(since), n: now.duty.kept })))),
    button(say('下岗'), 'out', stop))
}

function offDuty() {
  return el('section', { class: 'card duty', 'aria-label': say('未上岗') },
    el('div', { class: 'duty-words' }, icon('shield'), el('div', {}, el('strong', {}, say('未上岗')), el('p', {}, say('不记录位置')))),
    button(say('上岗'), 'sign', () => location.assign('#/notice'), { tone: 'primary' }))
}

function waiting() {
  const asks = stuck().length
  if (!asks) return null
  return el('a', { class: 'banner tone-late link', href: '#/sent' }, icon('alert'), el('p', {}, say('{n} 条没有办成，要您看一看', { n: asks })), icon('right'))
}

/** A first look at the phone before anything has been fetched. */
export function nothingYet() {
  if (now.isSignedOut) {
    return empty('sign', say('请先登录'), say('登录一次，之后没有网络也能用 7 天。'))
  }
  return navigator.onLine ? el('div', { class: 'skeleton', 'aria-label': say('正在打开…'), role: 'status' }, el('i'), el('i'), el('i'))
    : empty('cloudOff', say('还没有今天的任务'), say('第一次打开要有网络，取一次任务以后，没有网络也能用。'))
}

export function today() {
  const { bundle } = now
  const sub = new Date()
  const words = say('{month}月{day}日', { month: sub.getMonth() + 1, day: sub.getDate() })
  if (!bundle) return { title: say('今天'), sub: words, body: nothingYet() }
  const visits = bundle.visits ?? []
  const left = visits.filter((visit) => stateOf(visit) !== 'done' && visit.state !== 'missed' && visit.state !== 'cancelled')
  const done = visits.filter((visit) => stateOf(visit) === 'done')
  const orders = bundle.orders ?? []
  const late = orders.filter((order) => order.is_late).length
  return {
    title: say('今天'), sub: [words, bundle.user.place].filter(Boolean).join(' · '), isLive: true,
    body: [
      waiting(),
      now.duty ? onDuty() : offDuty(),
      el('section', {},
        el('div', { class: 'head' }, el('h2', {}, say('今天的走访')), el('span', { class: 'count' }, say('{done} / {all}', { done: done.length, all: done.length + left.length }))),
        left.length ? el('ol', { class: 'rows' }, left.map(visitRow))
          : empty('check', done.length ? say('今天的都走完了') : say('今天没有安排走访'), say('路上看见什么，点下面的【上报】。')),
        done.length > 0 && el('details', { class: 'more' }, el('summary', {}, say('已做完 {n} 个', { n: done.length })), el('ol', { class: 'rows' }, done.map(visitRow)))),
      orders.length > 0 && el('a', { class: 'card line', href: '#/orders' }, icon('clipboard'),
        el('span', { class: 'row-text' }, el('strong', {}, say('我的单 {n} 张', { n: orders.length })), late > 0 && chip('late', 'alert', say('{n} 张超期', { n: late }))), icon('right')),
    ],
  }
}
