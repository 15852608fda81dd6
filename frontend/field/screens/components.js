// 部件: what stands in my grids, the nearest first; how one of them was found.
import { say } from '../../js/page.js'
import { photos } from '../camera.js'
import { button, chip, choices, el, empty, field, icon, toast } from '../dom.js'
import { getDraft, keepAction, putDraft, StorageFull } from '../keep.js'
import { mine, now } from '../now.js'
import { findPlace, lastPlace } from '../place.js'
import { distance, metres } from '../time.js'
import { nothingYet } from './today.js'

const MOST = 60
const STATES = [['good', '完好', 'check', 'done'], ['broken', '破损', 'tool', 'late'], ['lost', '丢失', 'search', 'late'], ['abandoned', '废弃', 'trash', 'waiting'], ['removed', '移除', 'cross', 'waiting']]
const NEEDS_WORDS = new Set(['lost', 'abandoned', 'removed'])
const FACES = Object.fromEntries(STATES.map(([value, label, symbol, tone]) => [value, { label, symbol, tone }]))

/** What this phone has said of a component and the house may not know yet. */
const said = (one) => mine('component', String(one.id)).slice(-1)[0]
const stateOf = (one) => said(one)?.data.state ?? one.state

function stateChip(one) {
  const { label, symbol, tone } = FACES[stateOf(one)] ?? FACES.good
  return [chip(tone, symbol, say(label)), said(one) && chip('waiting', 'wait', say('待发送'))]
}

const here = (one) => (lastPlace() && one.lng ? metres(lastPlace(), one) : null)

function row(one) {
  const far = here(one)
  return el('li', {}, el('a', { class: 'row', href: '#/components/' + one.id },
    el('span', { class: 'row-text' }, el('strong', {}, one.name),
      el('span', { class: 'row-facts' }, one.address && el('span', {}, icon('pin'), one.address), far != null && el('span', {}, distance(far))),
      el('span', { class: 'chips' }, stateChip(one))), icon('right')))
}

/** Those whose name, number or address holds the words, the nearest first. */
function found(words) {
  const all = now.bundle.components ?? []
  const some = words ? all.filter((one) => [one.name, one.code, one.address].some((text) => text?.includes(words))) : all
  return lastPlace() ? [...some].sort((one, other) => (here(one) ?? Infinity) - (here(other) ?? Infinity)) : some
}

export function components() {
  if (!now.bundle) return { title: say('部件'), body: nothingYet() }
  const list = el('ul', { class: 'rows' })
  const more = el('p', { class: 'quiet', role: 'status' })
  const search = el('input', { class: 'input', type: 'search', autocomplete: 'off', enterkeyhint: 'search', oninput: () => show() })
  const show = () => {
    const some = found(search.value.trim())
    list.replaceChildren(...some.slice(0, MOST).map(row))
    list.hidden = some.length === 0
    more.textContent = some.length > MOST ? say('共 {n} 个，只列最近的 {most} 个，可按名称或编号找', { n: some.length, most: MOST })
      : some.length ? say('共 {n} 个', { n: some.length }) : say('没有这样的部件')
  }
  show()
  const frame = { title: say('部件'), sub: (now.bundle.grids ?? []).map((grid) => grid.name).join('、'), back: '#/map' }
  if (!now.bundle.components?.length) return { ...frame, body: empty('components', say('网格里还没有登记部件'), say('社区登记以后，联网时会带到手机上。')) }
  return { ...frame, body: [field('component-search', say('找部件'), search, { help: say('名称、编号或地址') }), more, list] }
}

class StateForm {
  constructor(one) {
    this.one = one
    this.key = 'component ' + one.id
    this.draft = { state: '', note: '' }
    this.errors = {}
    this.body = el('div', { class: 'form' })
  }

  async open() {
    this.draft = { ...this.draft, ...(await getDraft(now.user, this.key)) }
    this.show()
    return this
  }

  keep(name, value) {
    this.draft[name] = value
    putDraft(now.user, this.key, this.draft).catch(() => {})
  }

  show() {
    const { one, draft } = this
    const text = el('textarea', { class: 'input', rows: '3', maxlength: '300', oninput: () => this.keep('note', text.value) })
    text.value = draft.note
    const states = choices('state', say('看到的是'), STATES.map(([value, label, symbol, tone]) => ({ value, label: say(label), icon: symbol, tone })), draft.state, (value) => {
      this.keep('state', value)
      this.errors = {}
    })
    this.body.replaceChildren(
      el('section', { class: 'card' }, el('div', { class: 'chips' }, stateChip(one)),
        el('dl', { class: 'facts' }, one.address && [el('dt', {}, say('地点')), el('dd', {}, one.address)], el('dt', {}, say('编号')), el('dd', {}, one.code))),
      ...[this.errors.state && el('p', { class: 'complaint', role: 'alert' }, icon('alert'), this.errors.state)].filter(Boolean),
      states,
      el('fieldset', { class: 'field' }, el('legend', {}, say('照片'), el('span', { class: 'optional' }, say('（可不填）'))),
        photos({ user: now.user, owner: now.user + ' ' + this.key, slot: 'photo', words: say('拍照') })),
      field('component-note', say('说明'), text, { isOptional: true, complaint: this.errors.note, help: say('丢失、废弃、移除的要写怎么回事') }))
  }

  check() {
    this.errors = {}
    if (!this.draft.state) this.errors.state = say('请选看到的是哪一种')
    if (NEEDS_WORDS.has(this.draft.state) && !this.draft.note.trim()) this.errors.note = say('请写一句怎么回事')
    return Object.keys(this.errors).length === 0
  }

  async save(event) {
    if (!this.check()) {
      this.show()
      this.body.querySelector('.complaint')?.scrollIntoView({ block: 'center' })
      return
    }
    const pressed = event.currentTarget
    pressed.disabled = true
    try {
      await keepAction({
        user: now.user, kind: 'component.state', place: await findPlace(), draft: this.key,
        data: { component: this.one.id, state: this.draft.state, note: this.draft.note.trim() },
        title: say('{name}状态：{state}', { name: this.one.name, state: say(FACES[this.draft.state].label) }), about: { type: 'component', id: String(this.one.id) },
      })
    } catch (error) {
      pressed.disabled = false
      if (!(error instanceof StorageFull)) throw error
      toast(say('手机存满了，没有存下。请删掉手机里不用的东西，再点一次'), 'late')
      return
    }
    toast(navigator.onLine ? say('已存在本机，正在发送') : say('已存在本机，联网后自动发送'))
    location.replace('#/components')
  }
}

export async function component(id) {
  const one = now.bundle?.components?.find((each) => String(each.id) === id)
  if (!one) return { title: say('部件'), back: '#/components', body: empty('components', say('没有找到这个部件'), say('可能已移除，或不在您的网格里。')) }
  const form = await new StateForm(one).open()
  return { title: one.name, sub: one.address, back: '#/components', body: form.body, actions: [button(say('记下状态'), 'check', (event) => form.save(event), { tone: 'primary' })] }
}
