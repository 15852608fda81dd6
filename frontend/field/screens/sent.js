// 发送记录: every action and what became of it, in words; what is stuck can be mended, sent again or withdrawn.
import { say } from '../../js/page.js'
import { outcome } from '../bundle.js'
import { thumbs } from '../camera.js'
import { banner, button, chip, confirmed, el, empty, icon, toast } from '../dom.js'
import { byTime, getAction, isOpen, isStuck, mendAgain, settle } from '../keep.js'
import { call, NoAnswer, Refused, SignedOut } from '../net.js'
import { now } from '../now.js'
import { send } from '../sender.js'
import { moment } from '../time.js'

const LOOKS = {
  kept: ['waiting', 'wait', '待发送'], waiting: ['working', 'photo', '照片发送中'], done: ['done', 'check', '已办成'],
  refused: ['late', 'alert', '没有办成'], conflict: ['verify', 'conflict', '等人核对'], withdrawn: ['idle', 'undo', '已撤回'],
}
const WHY = {
  offline: '现在没有网络，联网后自动发送', 'signed-out': '登录过期了，登录以后自动发送', busy: '系统忙，过一会儿自动再发', error: '没有发出去，过一会儿自动再发',
}

export const lookOf = (action) => LOOKS[action.state] ?? LOOKS.kept

/** Why an action still lies here, in a sentence. */
export function whyOf(action) {
  if (!isOpen(action)) return action.sentence
  if (action.state === 'waiting' && action.sentence) return action.sentence
  if (!navigator.onLine) return say(WHY.offline)
  if (now.isSignedOut) return say(WHY['signed-out'])
  if (now.isSending) return say('正在发送…')
  return (now.why === 'busy' && now.told) || (WHY[now.why] ? say(WHY[now.why]) : '')
}

function row(action) {
  const [tone, symbol, words] = lookOf(action)
  const why = whyOf(action)
  return el('li', {}, el('a', { class: 'row', href: '#/sent/' + action.id },
    el('span', { class: 'row-text' },
      el('strong', {}, action.title),
      el('span', { class: 'chips' }, chip(tone, symbol, say(words)), action.photos.length > 0 && chip('idle', 'photo', say('{n} 张', { n: action.photos.length }))),
      why && el('span', { class: 'why' }, why),
      el('span', { class: 'quiet' }, moment(action.at), action.link?.number ? ' · ' + action.link.number : '')), icon('right')))
}

const part = (title, actions) => actions.length > 0 && el('section', {}, el('div', { class: 'head' }, el('h2', {}, title), el('span', { class: 'count' }, String(actions.length))), el('ul', { class: 'rows' }, actions.map(row)))

export function sent() {
  const newest = [...now.actions].sort((one, other) => byTime(other, one))
  const open = newest.filter(isOpen)
  return {
    title: say('发送记录'), sub: open.length ? say('{n} 条待发送', { n: open.length }) : say('都发出去了'), back: '#/', isLive: true,
    body: newest.length ? [
      part(say('要您看一看'), newest.filter(isStuck)),
      part(say('等着发送'), open),
      part(say('已了结'), newest.filter((action) => !isOpen(action) && !isStuck(action))),
    ] : empty('cloud', say('还没有记录'), say('您做的每一件事，先存在手机里，再发出去，都列在这里。')),
    actions: open.length ? [button(say('现在发送'), 'refresh', () => again(), { tone: 'primary' })] : [],
  }
}

async function again() {
  const why = await send({ isAsked: true })
  if (why) toast(say(WHY[why]), 'late')
}

// What a refused action of a kind goes back into: the draft of its form, and where that is.
const MENDS = {
  report: (action) => ['report', { topic: action.data.topic, text: action.data.text ?? '', pin: action.place }, '#/report'],
  'order.move': (action) => ['order ' + action.about.id + ' ' + action.data.move, action.data, '#/orders/' + action.about.id + '/' + action.data.move],
  'visit.finish': (action) => ['visit ' + action.about.id, { answers: action.data.answers, note: action.data.note, mood: action.data.mood }, '#/visits/' + action.about.id],
}

async function mend(action) {
  const [key, draft, where] = MENDS[action.kind](action)
  await mendAgain(action, key, draft)
  location.assign(where)
}

/** Take it back: here if it has not left the phone, else by asking the house. */
async function withdraw(action) {
  const yes = await confirmed(say('撤回这一条吗'), say('撤回以后不再发送，也不能恢复。'), say('撤回'))
  if (!yes) return
  const take = async () => {
    const fresh = await getAction(action.id)
    if (fresh.state === 'kept') return settle(action.id, { state: 'withdrawn', seen: true })
    const { told } = await call('/actions/' + action.id + '/withdraw', { method: 'POST' })
    return settle(action.id, { ...outcome(told ?? { state: 'withdrawn' }), seen: true })
  }
  try {
    // Not while it is being sent: it would be withdrawn here and done there.
    await (navigator.locks ? navigator.locks.request('tongxin-field-send', take) : take())
    toast(say('已撤回'))
  } catch (error) {
    if (error instanceof NoAnswer) toast(say('要有网络才能撤回'), 'late')
    else if (error instanceof SignedOut) toast(say(WHY['signed-out']), 'late')
    else if (error instanceof Refused) toast(error.message, 'late')
    else throw error
  }
}

export async function one(id) {
  const action = now.actions.find((each) => each.id === id)
  if (!action) return { title: say('发送记录'), back: '#/sent', body: empty('cloud', say('没有这条记录'), say('办成的记录在手机里留 14 天。')) }
  const [tone, symbol, words] = lookOf(action)
  const why = whyOf(action)
  const canMend = action.state === 'refused' && !action.seen && MENDS[action.kind]
  const canTakeBack = isOpen(action) || (isStuck(action) && action.code !== 'key_reused')
  return {
    title: action.title, sub: moment(action.at), back: '#/sent', isLive: true,
    body: [
      why || !isOpen(action) ? banner(tone, symbol, [el('b', {}, say(words)), why ? '：' + why : '']) : banner(tone, symbol, say(words)),
      el('section', { class: 'card' },
        el('dl', { class: 'facts' },
          el('dt', {}, say('您做的时间')), el('dd', {}, moment(action.at)),
          action.sentAt && [el('dt', {}, say('发出的时间')), el('dd', {}, moment(action.sentAt))],
          action.data.text && [el('dt', {}, say('补充一句')), el('dd', {}, action.data.text)],
          action.data.note && [el('dt', {}, say('说明')), el('dd', {}, action.data.note)],
          action.place && [el('dt', {}, say('位置')), el('dd', {}, action.place.accuracy ? say('误差约 {n} 米', { n: action.place.accuracy }) : say('已在地图上选定位置'))],
          action.link?.number && [el('dt', {}, say('编号')), el('dd', {}, action.link.number)]),
        await thumbs(action),
        action.link?.url && el('a', { class: 'big quiet', href: action.link.url }, icon('link'), el('span', {}, say('打开看看')))),
      action.state === 'conflict' && el('p', { class: 'quiet' }, say('您做的和系统里的都留着，派单员会看过再定，定了会告诉您。')),
    ],
    actions: [
      canMend && button(say('改一改，再发'), 'edit', () => mend(action), { tone: 'primary' }),
      isOpen(action) && button(say('现在发送'), 'refresh', () => again(), { tone: 'primary' }),
      action.state === 'refused' && !action.seen && button(say('知道了，不再提醒'), 'check', () => settle(action.id, { seen: true }).then(() => location.assign('#/sent'))),
      canTakeBack && button(say('撤回'), 'undo', () => withdraw(action), { tone: 'quiet' }),
    ].filter(Boolean),
  }
}
