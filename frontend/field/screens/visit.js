// 走访: begin where it is (by place or by the sign on the wall), answer what is asked, finish.
import { announce, say } from '../../js/page.js'
import { photos } from '../camera.js'
import { asked, isBad, isGiven, missing, needsPhoto } from '../checklist.js'
import { banner, button, chip, choices, confirmed, el, empty, field, icon, toast } from '../dom.js'
import { getDraft, keepAction, photosOf, putDraft, StorageFull } from '../keep.js'
import { checklistOf, mine, now, visitOf } from '../now.js'
import { findPlace, lastPlace } from '../place.js'
import { distance, metres } from '../time.js'
import { dueWords, nothingYet, signOf, stateOf } from './today.js'

const MOODS = [['calm', '平和满意', 'moodHappy'], ['worried', '有顾虑', 'moodEmpty'], ['upset', '不满', 'moodSad'], ['angry', '情绪激动', 'moodAngry']]
const SAYS = { value: '请答这一项', number: '请填数字', score: '超出了分值', photo: '请拍一张照片' }

const about = (visit) => ({ type: 'visit', id: visit.id })

async function begin(visit, { how, code = '' }) {
  const place = await findPlace()
  if (!place && how === 'gps') {
    const yes = await confirmed(say('没有取得位置'), say('可以先开始，记录里会注明没有定位。到空旷处再试，或扫门口的码更好。'), say('不带位置，开始'))
    if (!yes) return
  }
  await keepAction({
    user: now.user, kind: 'visit.begin', place, title: say('开始：{title}', { title: visit.title }), about: about(visit),
    data: { visit: visit.id, how: place || how === 'qr' ? how : 'none', ...(code ? { code } : {}) },
  })
  announce(say('已开始'))
}

async function scanAndBegin(visit) {
  const { scan } = await import('../scan.js')
  const code = await scan()
  if (code) await begin(visit, { how: 'qr', code })
}

function facts(visit) {
  const here = lastPlace()
  const checklist = checklistOf(visit)
  return el('section', { class: 'card' },
    el('div', { class: 'chips' }, chip('idle', signOf(visit), visit.kind_label), dueWords(visit) && chip('idle', 'clock', dueWords(visit))),
    el('dl', { class: 'facts' },
      visit.place_name && [el('dt', {}, say('地点')), el('dd', {}, visit.place_name, here && visit.lng ? ' · ' + distance(metres(here, visit)) : '')],
      visit.number && [el('dt', {}, say('编号')), el('dd', {}, visit.number)],
      visit.workers?.length > 1 && [el('dt', {}, say('同行')), el('dd', {}, visit.workers.join('、'))],
      checklist && [el('dt', {}, say('清单')), el('dd', {}, say('{name}，{n} 项', { name: checklist.name, n: checklist.items.length }))]),
    visit.lng && el('a', { class: 'big quiet', href: '#/map/' + visit.id }, icon('map'), el('span', {}, say('看地图'))))
}

/** The sign on the spot was opened by the phone's own camera: which visit is it, or only that one was here. */
export function sign(code) {
  const left = (now.bundle?.visits ?? []).filter((one) => stateOf(one) === 'planned')
  const start = (one) => begin(one, { how: 'qr', code }).then(() => location.replace('#/visits/' + one.id))
  const checkIn = async () => {
    await keepAction({ user: now.user, kind: 'checkin', data: { code }, place: await findPlace(), title: say('签到 {code}', { code }) })
    toast(say('已签到'))
    location.replace('#/')
  }
  if (!now.user) return { title: say('扫码'), back: '#/', body: nothingYet() }
  return {
    title: say('扫码'), sub: code, back: '#/',
    body: [
      el('h2', {}, left.length ? say('开始哪一次走访') : say('今天没有要在这里开始的走访')),
      el('div', { class: 'stack' }, left.map((one) => button(one.title, signOf(one), () => start(one)))),
    ],
    actions: [button(say('只签到'), 'pin', checkIn, { tone: left.length ? 'quiet' : 'primary' })],
  }
}

class VisitForm {
  constructor(visit) {
    this.visit = visit
    this.key = 'visit ' + visit.id
    this.checklist = checklistOf(visit)
    this.items = this.checklist?.items ?? []
    this.draft = { answers: {}, note: '', mood: '' }
    this.counts = {}
    this.faults = {}
    this.body = el('div', { class: 'form' })
    this.meter = el('div', { class: 'meter', role: 'status' })
    this.parts = new Map()
  }

  async open() {
    this.draft = { ...this.draft, ...(await getDraft(now.user, this.key)) }
    for (const photo of await photosOf(now.user + ' ' + this.key)) this.counts[photo.slot] = (this.counts[photo.slot] ?? 0) + 1
    this.show()
    return this
  }

  keep() {
    putDraft(now.user, this.key, this.draft).catch((error) => {
      if (error instanceof StorageFull) toast(say('手机存满了，没有存下。请删掉手机里不用的东西，再点一次'), 'late')
    })
    this.count()
  }

  answer(item, value) {
    this.draft.answers[item.code] = { ...this.draft.answers[item.code], value }
    delete this.faults[item.code]
    this.keep()
    this.settle(item)
  }

  /** After an answer: show what it asks for on top, and the items that hang on it. */
  settle(item) {
    this.parts.get(item.code).replaceWith(this.part(item))
    for (const other of this.items) {
      if (!other.condition) continue
      const isAsked = asked(this.items, this.draft.answers).includes(other)
      if (isAsked === this.parts.get(other.code).hidden) this.parts.get(other.code).replaceWith(this.part(other))
    }
    const chosen = this.body.querySelector('[name="item-' + CSS.escape(item.code) + '"]:checked')
    chosen?.focus({ preventScroll: true })
  }

  control(item, value) {
    const name = 'item-' + item.code
    const options = {
      yes_no: () => [
        { value: 'yes', label: say('是'), icon: 'check', tone: isBad(item, { value: 'yes' }) ? 'late' : 'done' },
        { value: 'no', label: say('否'), icon: 'cross', tone: isBad(item, { value: 'no' }) ? 'late' : 'done' },
      ],
      choice: () => item.options.map((option) => ({ value: option, label: option })),
    }[item.type]
    if (options) return choices(name, item.text, options(), value, (chosen) => this.answer(item, chosen), { isHidden: true, columns: item.type === 'yes_no' ? 2 : 1 })
    if (item.type === 'photo') return null
    const isNumber = item.type === 'number' || item.type === 'score'
    const input = item.type === 'text' ? el('textarea', { class: 'input', rows: '2', maxlength: '500', 'aria-label': item.text })
      : el('input', { class: 'input short', inputmode: 'decimal', autocomplete: 'off', 'aria-label': item.text })
    input.value = value ?? ''
    input.addEventListener('input', () => {
      const words = input.value.trim()
      this.draft.answers[item.code] = { ...this.draft.answers[item.code], value: words === '' ? '' : isNumber && Number.isFinite(Number(words)) ? Number(words) : words }
      this.keep()
    })
    input.addEventListener('change', () => this.settle(item))
    return item.type === 'score' ? el('div', { class: 'with-unit' }, input, el('span', {}, say('满分 {n}', { n: Number(item.max_score) }))) : input
  }

  part(item) {
    const answer = this.draft.answers[item.code] ?? {}
    const bad = isBad(item, answer)
    const fault = this.faults[item.code]
    const wantsPhoto = item.type === 'photo' || needsPhoto(item, answer)
    const part = el('section', { class: 'item' + (bad ? ' is-bad' : '') + (fault ? ' has-error' : ''), 'data-item': item.code },
      el('h2', {}, el('span', { class: 'item-number' }, String(item.number)), item.text, !item.required && el('span', { class: 'optional' }, say('（可不填）'))),
      item.help && el('p', { class: 'help' }, item.help),
      fault && el('p', { class: 'complaint' }, icon('alert'), say(SAYS[fault])),
      this.control(item, answer.value),
      (bad || wantsPhoto || answer.note) && el('div', { class: 'item-more' },
        bad && el('p', { class: 'bad-words' }, icon('flag'), say('记为问题，会进入整改')),
        (wantsPhoto || bad) && photos({ user: now.user, owner: now.user + ' ' + this.key, slot: item.code, words: say('拍照'), changed: (count) => {
          this.counts[item.code] = count
          this.count()
        } }),
        this.note(item, answer)))
    part.hidden = !asked(this.items, this.draft.answers).includes(item)
    this.parts.set(item.code, part)
    return part
  }

  note(item, answer) {
    const input = el('input', { class: 'input', maxlength: '500', autocomplete: 'off', placeholder: say('说明（可不填）'), 'aria-label': say('第 {n} 项的说明', { n: item.number }) })
    input.value = answer.note ?? ''
    input.addEventListener('input', () => {
      this.draft.answers[item.code] = { ...this.draft.answers[item.code], note: input.value }
      this.keep()
    })
    return input
  }

  count() {
    const open = asked(this.items, this.draft.answers)
    const done = open.filter((item) => (item.type === 'photo' ? this.counts[item.code] > 0 : isGiven(this.draft.answers[item.code]))).length
    const bar = el('progress', { max: String(open.length || 1), value: String(done), 'aria-label': say('已答') })
    this.meter.replaceChildren(...(open.length ? [bar, el('span', {}, say('已答 {done} / {all}', { done, all: open.length }))] : []))
  }

  show() {
    const text = el('textarea', { class: 'input', rows: '3', maxlength: '2000', oninput: () => {
      this.draft.note = text.value
      this.keep()
    } })
    text.value = this.draft.note
    const mood = this.visit.asks_mood && choices('mood', say('居民今天的情绪'),
      MOODS.map(([value, label, symbol]) => ({ value, label: say(label), icon: symbol })), this.draft.mood, (value) => {
        this.draft.mood = value
        this.keep()
      })
    this.body.replaceChildren(...[
      this.meter,
      ...this.items.map((item) => this.part(item)),
      mood,
      el('fieldset', { class: 'field' }, el('legend', {}, say('现场照片'), el('span', { class: 'optional' }, say('（可不填）'))),
        photos({ user: now.user, owner: now.user + ' ' + this.key, slot: 'visit', words: say('拍照') })),
      el('fieldset', { class: 'field' }, el('legend', {}, say('当面签字'), el('span', { class: 'optional' }, say('（可不填）'))),
        photos({ user: now.user, owner: now.user + ' ' + this.key, slot: 'visit-signature', words: say('拍签过字的纸'), most: 1, signs: say('签字的人看过上面记的，写自己的名字。') })),
      field('visit-note', say('走访记录'), text, { isOptional: true, help: say('可以点键盘上的话筒，用说的') }),
    ].filter(Boolean))
    this.count()
  }

  complain() {
    this.show()
    const first = this.body.querySelector('.has-error')
    first?.scrollIntoView({ block: 'center' })
    toast(say('还有 {n} 项没有答完', { n: Object.keys(this.faults).length }), 'late')
  }

  async data() {
    const byItem = {}
    for (const photo of await photosOf(now.user + ' ' + this.key)) (byItem[photo.slot] ??= []).push(photo.id)
    const answers = {}
    for (const item of asked(this.items, this.draft.answers)) {
      const { value, note = '' } = this.draft.answers[item.code] ?? {}
      const pictures = byItem[item.code] ?? []
      if (!isGiven({ value }) && !pictures.length && !note) continue
      answers[item.code] = { value: value ?? null, note, photos: pictures }
    }
    return { visit: this.visit.id, checklist_version: this.checklist?.version ?? null, answers, note: this.draft.note.trim(), mood: this.draft.mood }
  }

  async finish(event) {
    this.faults = missing(this.items, this.draft.answers, this.counts)
    if (Object.keys(this.faults).length) return this.complain()
    const pressed = event.currentTarget
    pressed.disabled = true
    try {
      await keepAction({
        user: now.user, kind: 'visit.finish', data: await this.data(), place: await findPlace(), draft: this.key,
        title: say('完成：{title}', { title: this.visit.title }), about: about(this.visit),
      })
    } catch (error) {
      pressed.disabled = false
      if (!(error instanceof StorageFull)) throw error
      return toast(say('手机存满了，没有存下。请删掉手机里不用的东西，再点一次'), 'late')
    }
    toast(navigator.onLine ? say('已存在本机，正在发送') : say('已存在本机，联网后自动发送'))
    location.assign('#/')
    return undefined
  }
}

/** The words added on this phone after a visit, as long as the house may not have them. */
const noted = (one) => mine('visit', one.id).filter((action) => action.kind === 'visit.note')

/** 补记: a word afterwards, with photos; what was reported stays as it is. */
async function note(one) {
  const key = 'note ' + one.id
  const draft = { text: '', ...(await getDraft(now.user, key)) }
  const text = el('textarea', { class: 'input', rows: '4', maxlength: '280', oninput: () => putDraft(now.user, key, { text: text.value }).catch(() => {}) })
  text.value = draft.text
  const body = el('div', { class: 'form' })
  const show = (complaint = '') => body.replaceChildren(
    field('note-text', say('补记'), text, { complaint, help: say('离开以后才想起的、又看到的。原来填的不变。') }),
    el('fieldset', { class: 'field' }, el('legend', {}, say('照片'), el('span', { class: 'optional' }, say('（可不填）'))),
      photos({ user: now.user, owner: now.user + ' ' + key, slot: 'note', words: say('拍照') })))
  show()
  const keep = async (event) => {
    if (!text.value.trim()) return show(say('请写一句再保存'))
    const pressed = event.currentTarget
    pressed.disabled = true
    try {
      await keepAction({
        user: now.user, kind: 'visit.note', data: { visit: one.id, note: text.value.trim() }, place: lastPlace(), draft: key,
        title: say('补记：{title}', { title: one.title }), about: about(one),
      })
    } catch (error) {
      pressed.disabled = false
      if (!(error instanceof StorageFull)) throw error
      return toast(say('手机存满了，没有存下。请删掉手机里不用的东西，再点一次'), 'late')
    }
    toast(navigator.onLine ? say('已存在本机，正在发送') : say('已存在本机，联网后自动发送'))
    return location.replace('#/visits/' + one.id)
  }
  return { title: say('补记'), sub: one.title, back: '#/visits/' + one.id, body, actions: [button(say('保存补记'), 'check', keep, { tone: 'primary' })] }
}

export async function visit(id, last = '') {
  const one = visitOf(id)
  if (!one) return { title: say('走访'), back: '#/', body: empty('flag', say('没有找到这次走访'), say('可能已改派或取消，请回到【今天】看看。')) }
  const state = stateOf(one)
  const frame = { title: one.title, sub: one.place_name, back: '#/' }
  if (state === 'done' && last === 'note') return note(one)
  if (state === 'done') {
    const words = noted(one)
    return {
      ...frame, isLive: true,
      body: [banner('done', 'check', say('这次走访已做完')), facts(one),
        words.length > 0 && el('section', { class: 'card' }, el('h2', {}, say('补记')), words.map((action) => el('p', { class: 'text' }, action.data.note)))],
      actions: [button(say('补记一句'), 'edit', () => location.assign('#/visits/' + id + '/note'))],
    }
  }
  if (state === 'begun') {
    const form = await new VisitForm(one).open()
    return { ...frame, body: form.body, actions: [button(say('完成走访'), 'check', (event) => form.finish(event), { tone: 'primary' })] }
  }
  return {
    ...frame, isLive: true, body: facts(one),
    actions: [
      button(say('到了，开始'), 'gps', async (event) => {
        event.currentTarget.disabled = true
        await begin(one, { how: 'gps' })
        dispatchEvent(new HashChangeEvent('hashchange'))
      }, { tone: 'primary' }),
      button(say('扫码开始'), 'qr', () => scanAndBegin(one).then(() => dispatchEvent(new HashChangeEvent('hashchange')))),
    ],
  }
}
