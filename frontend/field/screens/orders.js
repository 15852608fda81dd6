// 我的单: the orders in hand, one of them, and the form of one move made of what that move needs.
import { say } from '../../js/page.js'
import { photos } from '../camera.js'
import { banner, button, chip, el, empty, field, icon, toast } from '../dom.js'
import { getDraft, keepAction, putDraft, StorageFull } from '../keep.js'
import { mine, now, orderOf } from '../now.js'
import { findPlace, lastPlace } from '../place.js'
import { distance, metres, moment } from '../time.js'
import { nothingYet } from './today.js'

const HERE = new Set(['note', 'photo', 'before_after', 'receipt', 'place', 'minutes', 'amount', 'until', 'reached', 'solved', 'signature'])
const SLOTS = { photo: ['photo', '照片'], before: ['before', '办理前照片'], after: ['after', '办理后照片'], receipt: ['receipt', '票据照片'], signature: ['signature', '当面签字'] }

/** The moves of this phone that the house has not told of yet, oldest first. */
const ahead = (order) => mine('order', order.id).filter((action) => action.kind === 'order.move')

/** What one may do next: the house's moves, or what follows the last move made without a network. */
export function movesOf(order) {
  const done = ahead(order)
  if (!done.length) return order.moves
  const step = done[done.length - 1].to
  const there = step === order.step ? order.moves : order.later[step] ?? []
  return there.filter((move) => move.to !== step || !done.some((one) => one.data.move === move.name))
}

/** The move that leads on stands on the large button, the others below it. */
const leadingFirst = (order, moves) => {
  const rank = (move) => (order.ahead.includes(move.name) ? order.ahead.indexOf(move.name) : formOf(move).isHere ? 50 : 99)
  return [...moves].sort((one, other) => rank(one) - rank(other))
}

/** What a move asks of a phone; `isHere` is false when it has to be done on the page. */
export function formOf(move) {
  const needed = new Set(move.needs.map(({ name }) => name))
  const asked = [...[...needed].map((name) => [name, true]), ...move.takes.filter(({ name }) => !needed.has(name)).map(({ name }) => [name, false])]
  return { fields: asked.filter(([name]) => HERE.has(name)), isHere: move.needs.every(({ name }) => HERE.has(name)) }
}

function dueLine(order) {
  if (!order.due_at) return null
  return order.card === 'red' || Date.parse(order.due_at) < Date.now()
    ? chip('late', 'alert', say('已超期 {when}', { when: moment(order.due_at) }))
    : chip(order.card === 'yellow' ? 'waiting' : 'idle', 'clock', say('{when} 前', { when: moment(order.due_at) }))
}

const TONES = new Set(['waiting', 'working', 'verify', 'done', 'late'])
const stepChip = (order) => {
  const last = ahead(order).slice(-1)[0]
  return last ? chip('waiting', 'wait', say('{title}，待发送', { title: last.label })) : chip(TONES.has(order.tone) ? order.tone : 'working', null, order.step_label)
}

function orderRow(order) {
  const here = lastPlace()
  return el('li', {}, el('a', { class: 'row', href: '#/orders/' + order.id },
    el('span', { class: 'row-text' }, el('strong', {}, order.title),
      el('span', { class: 'row-facts' }, el('span', {}, icon('pin'), order.address || order.place || say('没有地址')), here && order.lng && el('span', {}, distance(metres(here, order)))),
      el('span', { class: 'chips' }, stepChip(order), dueLine(order))), icon('right')))
}

export function orders() {
  if (!now.bundle) return { title: say('我的单'), body: nothingYet() }
  const list = now.bundle.orders ?? []
  return {
    title: say('我的单'), sub: say('{n} 张在手上', { n: list.length }), isLive: true,
    body: list.length ? el('ul', { class: 'rows' }, list.map(orderRow))
      : empty('clipboard', say('手上没有单子'), say('派给您的单子会出现在这里，没有网络也能看、能办。')),
  }
}

export function order(id) {
  const one = orderOf(id)
  if (!one) return { title: say('我的单'), back: '#/orders', body: empty('clipboard', say('这张单子不在手上了'), say('可能已经办完，或改派给了别人。')) }
  const moves = leadingFirst(one, movesOf(one))
  const [first, ...others] = moves
  const step = (move, tone) => {
    const { isHere } = formOf(move)
    if (!isHere) return el('a', { class: 'big quiet', href: one.url }, icon('link'), el('span', {}, say('{label}（到网页上办）', { label: move.label })))
    return button(move.label, tone ? 'check' : null, () => location.assign('#/orders/' + one.id + '/' + move.name), { tone })
  }
  return {
    title: one.title, sub: one.number, back: '#/orders', isLive: true,
    body: [
      el('section', { class: 'card' },
        el('div', { class: 'chips' }, stepChip(one), dueLine(one)),
        el('p', { class: 'text' }, one.text),
        el('dl', { class: 'facts' },
          (one.address || one.place) && [el('dt', {}, say('地点')), el('dd', {}, one.address || one.place)],
          el('dt', {}, say('编号')), el('dd', {}, one.number)),
        el('div', { class: 'pair' },
          one.lng && el('a', { class: 'big quiet', href: '#/map/' + one.id }, icon('map'), el('span', {}, say('看地图'))),
          el('a', { class: 'big quiet', href: one.url }, icon('link'), el('span', {}, say('全部经过'))))),
      ahead(one).length > 0 && banner('waiting', 'wait', say('下面 {n} 步已存在本机，联网后按顺序发送：{words}', { n: ahead(one).length, words: ahead(one).map((action) => action.label).join('、') })),
      others.length > 0 && el('details', { class: 'more' }, el('summary', {}, say('还可以办的 {n} 件', { n: others.length })), el('div', { class: 'stack' }, others.map((move) => step(move, '')))),
      !moves.length && ahead(one).length > 0 && el('p', { class: 'quiet' }, say('联网发送以后，再接着办。')),
    ],
    actions: first ? [step(first, 'primary')] : [],
  }
}

class MoveForm {
  constructor(one, move) {
    this.order = one
    this.move = move
    this.key = 'order ' + one.id + ' ' + move.name
    this.draft = {}
    this.counts = {}
    this.errors = {}
    this.body = el('div', { class: 'form' })
  }

  async open() {
    this.draft = (await getDraft(now.user, this.key)) ?? {}
    if (formOf(this.move).fields.some(([name]) => name === 'place')) this.found = findPlace()
    this.show()
    return this
  }

  keep(name, value) {
    this.draft[name] = value
    putDraft(now.user, this.key, this.draft).catch(() => {})
  }

  photoField(slot, isNeeded) {
    const [name, label] = SLOTS[slot]
    return el('fieldset', { class: 'field' + (this.errors[slot] ? ' has-error' : '') },
      el('legend', {}, say(label), !isNeeded && el('span', { class: 'optional' }, say('（可不填）'))),
      this.errors[slot] && el('p', { class: 'complaint' }, icon('alert'), this.errors[slot]),
      photos({ user: now.user, owner: now.user + ' ' + this.key, slot: name, ...(name === 'signature' ? { words: say('拍签过字的纸'), most: 1, signs: say('事情办好了，请当事人写自己的名字。') } : { words: say('拍照') }), changed: (count) => { this.counts[slot] = count } }))
  }

  control(name, isNeeded) {
    if (name === 'before_after') return [this.photoField('before', isNeeded), this.photoField('after', isNeeded)]
    if (SLOTS[name]) return this.photoField(name, isNeeded)
    if (name === 'place') return el('p', { class: 'place-line' }, icon('pin'), el('span', {}, say('发送时带上您现在的位置')))
    if (name === 'reached' || name === 'solved') return this.yesNo(name)
    const labels = { note: '说明', minutes: '用了多少分钟', amount: '代买金额（元）', until: '等到哪一天' }
    const control = name === 'note' ? el('textarea', { class: 'input', rows: '3', maxlength: '1000' })
      : el('input', name === 'until' ? { class: 'input', type: 'date' } : { class: 'input', inputmode: name === 'amount' ? 'decimal' : 'numeric', autocomplete: 'off' })
    control.value = this.draft[name] ?? ''
    control.addEventListener('input', () => this.keep(name, control.value))
    return field('move-' + name, say(labels[name]), control, {
      isOptional: !isNeeded, complaint: this.errors[name], help: name === 'note' ? say('可以点键盘上的话筒，用说的') : '',
    })
  }

  yesNo(name) {
    const label = { reached: '联系上了吗', solved: '解决了吗' }[name]
    return el('fieldset', { class: 'choices cols-2' }, el('legend', {}, say(label)),
      [['yes', '是'], ['no', '否']].map(([value, words]) => el('label', { class: 'choice' },
        el('input', { type: 'radio', name, value, checked: this.draft[name] === value, onchange: () => this.keep(name, value) }), el('span', {}, say(words)))))
  }

  show() {
    const { fields } = formOf(this.move)
    const draw = (some) => some.flatMap(([name, isNeeded]) => this.control(name, isNeeded))
    const first = fields.filter(([name, isNeeded]) => isNeeded || name === 'note' || name === 'minutes')
    const rest = fields.filter((one) => !first.includes(one))
    this.body.replaceChildren(...draw(first))
    if (rest.length) this.body.append(el('details', { class: 'more' }, el('summary', {}, say('还可以补充')), el('div', { class: 'form' }, draw(rest))))
    if (!fields.length) this.body.append(el('p', { class: 'text' }, say('确定要【{label}】吗', { label: this.move.label })))
  }

  /** Say what is missing, as the engine would; the phone need not be told so tomorrow. */
  check() {
    this.errors = {}
    for (const [name, isNeeded] of formOf(this.move).fields) {
      if (!isNeeded || name === 'place') continue
      const slots = name === 'before_after' ? ['before', 'after'] : SLOTS[name] ? [name] : []
      for (const slot of slots) {
        if (!this.counts[slot]) this.errors[slot] = slot === 'signature' ? say('请当事人签字') : say('请拍一张照片')
      }
      if (!slots.length && !String(this.draft[name] ?? '').trim()) this.errors[name] = say('请填这一项')
    }
    for (const name of ['minutes', 'amount']) {
      if (this.draft[name] && !(Number(this.draft[name]) > 0)) this.errors[name] = say('请填一个数字')
    }
    return Object.keys(this.errors).length === 0
  }

  data() {
    const data = { case: this.order.id, move: this.move.name }
    const asked = new Set(formOf(this.move).fields.map(([name]) => name))
    for (const name of ['note', 'minutes', 'amount', 'until', 'reached', 'solved']) {
      const value = String(this.draft[name] ?? '').trim()
      if (!asked.has(name) || !value) continue
      if (name === 'minutes') data[name] = Math.round(Number(value))
      else if (name === 'until') data[name] = value + 'T18:00:00+08:00'
      else if (name === 'reached' || name === 'solved') data[name] = value === 'yes'
      else data[name] = value
    }
    return data
  }

  async send(event) {
    if (!this.check()) {
      this.show()
      this.body.querySelector('.complaint')?.scrollIntoView({ block: 'center' })
      return
    }
    const pressed = event.currentTarget
    pressed.disabled = true
    const place = this.found ? await this.found : lastPlace()
    if (!place && this.move.needs.some(({ name }) => name === 'place')) {
      pressed.disabled = false
      this.found = findPlace()
      toast(say('没有取得位置。请允许定位，到空旷处再点一次'), 'late')
      return
    }
    try {
      await keepAction({
        user: now.user, kind: 'order.move', data: this.data(), place, draft: this.key, basedOn: this.order.length + ahead(this.order).length,
        title: say('{label}：{title}', { label: this.move.label, title: this.order.title }), about: { type: 'order', id: this.order.id },
        more: { label: this.move.label, to: this.move.to ?? '' },
      })
    } catch (error) {
      pressed.disabled = false
      if (!(error instanceof StorageFull)) throw error
      toast(say('手机存满了，没有存下。请删掉手机里不用的东西，再点一次'), 'late')
      return
    }
    toast(navigator.onLine ? say('已存在本机，正在发送') : say('已存在本机，联网后自动发送'))
    location.replace('#/orders/' + this.order.id)
  }
}

export async function move(id, name) {
  const one = orderOf(id)
  const step = one && movesOf(one).find((each) => each.name === name)
  if (!step) return order(id)
  const form = await new MoveForm(one, step).open()
  return {
    title: step.label, sub: one.title, back: '#/orders/' + id, body: form.body,
    actions: [button(step.label, 'check', (event) => form.send(event), { tone: 'primary' })],
  }
}
