// 上报: photo, kind, send. Words, voice (the keyboard's) and a moved pin are possible, never needed.
import { announce, say } from '../../js/page.js'
import { photos } from '../camera.js'
import { button, choices, el, field, icon, toast } from '../dom.js'
import { dropDraft, getDraft, keepAction, photosOf, putDraft, StorageFull } from '../keep.js'
import { now } from '../now.js'
import { findPlace } from '../place.js'
import { nothingYet } from './today.js'

const KEY = 'report'
const SORTS = { dispute: 'messages', need: 'heart' }
// The sign of a kind by a word in its name; the catalogue is the district's own.
const SIGNS = [
  ['droplet', /水|漏/],
  ['road', /路|坑|井/],
  ['bolt', /灯|电/],
  ['trash', /垃圾|脏|环境/],
  ['messages', /纠纷|矛盾|吵/],
  ['heart', /老|孤|困难|关怀/],
  ['pack', /堆|杂物|通道/],
  ['tool', /修|坏/],
]

const signOf = (topic) => SIGNS.find(([, words]) => words.test(topic.name))?.[0] ?? SORTS[topic.sort] ?? 'flag'
const topicsOf = (bundle) => bundle.topics?.items ?? []
const categoriesOf = (bundle) => [...new Set(topicsOf(bundle).map((topic) => topic.category))]

class Report {
  constructor(bundle) {
    this.bundle = bundle
    this.draft = { topic: '', text: '', pin: null }
    this.place = null
    this.count = 0
    this.body = el('div', { class: 'form' })
  }

  async open() {
    this.draft = { ...this.draft, ...(await getDraft(now.user, KEY)) }
    if (!topicsOf(this.bundle).some((topic) => topic.code === this.draft.topic)) this.draft.topic = ''
    this.show()
    if (!this.draft.pin) this.locate()
    return this
  }

  save() {
    return putDraft(now.user, KEY, this.draft).catch(() => {})
  }

  choose(code) {
    this.draft.topic = code
    this.complain('')
    this.save()
  }

  async locate() {
    this.showPlace(say('正在定位…'))
    this.place = await findPlace()
    this.showPlace()
  }

  kinds() {
    const all = topicsOf(this.bundle)
    const common = (this.bundle.topics?.common ?? []).map((code) => all.find((topic) => topic.code === code)).filter(Boolean)
    const first = (common.length ? common : all).slice(0, 8)
    const chosen = all.find((topic) => topic.code === this.draft.topic)
    if (chosen && !first.includes(chosen)) first[first.length - 1] = chosen
    const options = first.map((topic) => ({ value: topic.code, label: topic.name, icon: signOf(topic) }))
    return [
      choices('topic', say('是哪一类'), options, this.draft.topic, (code) => this.choose(code)),
      all.length > first.length && button(say('全部类别'), 'search', () => this.showAll(), { tone: 'quiet' }),
    ]
  }

  showAll() {
    const rows = categoriesOf(this.bundle).map((category) => el('section', {},
      el('h3', {}, category),
      el('ul', { class: 'picks' }, topicsOf(this.bundle).filter((topic) => topic.category === category).map((topic) => el('li', { 'data-words': topic.name }, el('button', {
        type: 'button', class: 'pick',
        onclick: () => {
          this.choose(topic.code)
          dialog.close()
          dialog.remove()
          this.show()
        },
      }, icon(signOf(topic)), topic.name))))))
    const search = el('input', { type: 'search', class: 'input', 'aria-label': say('找类别'), placeholder: say('找类别'), oninput: () => {
      for (const row of dialog.querySelectorAll('li')) row.hidden = !row.dataset.words.includes(search.value.trim())
      for (const part of dialog.querySelectorAll('section')) part.hidden = !part.querySelector('li:not([hidden])')
    } })
    const shut = () => {
      dialog.close()
      dialog.remove()
    }
    const dialog = el('dialog', { class: 'sheet', 'aria-labelledby': 'all-title', oncancel: shut },
      el('div', { class: 'sheet-head' }, el('h2', { id: 'all-title' }, say('全部类别')), el('button', { type: 'button', class: 'round', 'aria-label': say('关闭'), onclick: shut }, icon('cross'))),
      search, el('div', { class: 'sheet-body' }, rows))
    document.body.append(dialog)
    dialog.showModal()
  }

  showPlace(words = '') {
    const { pin } = this.draft
    const said = words || (pin ? say('已在地图上选定位置') : this.place ? say('已定位，误差约 {n} 米', { n: this.place.accuracy }) : say('没有取得位置，请在地图上点选'))
    this.placeLine.replaceChildren(icon('pin'), el('span', {}, said), el('button', { type: 'button', class: 'small', onclick: () => this.move() }, say('改位置')))
    this.placeLine.classList.toggle('has-none', !words && !pin && !this.place)
  }

  async move() {
    const { pickPlace } = await import('../mapview.js')
    const found = await pickPlace(this.bundle, this.draft.pin ?? this.place)
    if (!found) return
    this.draft.pin = found
    await this.save()
    this.showPlace()
  }

  complain(words) {
    this.complaint.hidden = !words
    this.complaint.replaceChildren(...(words ? [icon('alert'), words] : []))
    if (words) this.complaint.scrollIntoView({ block: 'center' })
    if (words) announce(words)
  }

  show() {
    this.complaint = el('p', { class: 'complaint', id: 'report-error', hidden: true })
    this.placeLine = el('p', { class: 'place-line', role: 'status' })
    const text = el('textarea', { class: 'input', rows: '2', maxlength: '500', oninput: () => {
      this.draft.text = text.value
      this.save()
    } })
    text.value = this.draft.text
    this.body.replaceChildren(...[
      photos({ user: now.user, owner: now.user + ' ' + KEY, slot: 'photo', words: say('拍照'), most: 6, tall: true, changed: (count) => { this.count = count } }),
      this.complaint,
      ...this.kinds(),
      this.placeLine,
      field('report-text', say('补充一句'), text, { help: say('可以点键盘上的话筒，用说的'), isOptional: true }),
    ].filter(Boolean))
    this.showPlace(this.place || this.draft.pin ? '' : say('正在定位…'))
  }

  async send(event) {
    if (!this.draft.topic) return this.complain(say('请选是哪一类'))
    const place = this.draft.pin ?? this.place
    if (!place) return this.complain(say('没有取得位置，请点【改位置】在地图上选'))
    const pressed = event.currentTarget
    pressed.disabled = true
    const topic = topicsOf(this.bundle).find((one) => one.code === this.draft.topic)
    try {
      await keepAction({
        user: now.user, kind: 'report', place, draft: KEY, title: say('上报：{title}', { title: topic?.name ?? this.draft.topic }),
        data: { topic: this.draft.topic, text: this.draft.text.trim() },
      })
    } catch (error) {
      pressed.disabled = false
      if (error instanceof StorageFull) return this.complain(say('手机存满了，没有存下。请删掉手机里不用的东西，再点一次'))
      throw error
    }
    toast(navigator.onLine ? say('已存在本机，正在发送') : say('已存在本机，联网后自动发送'))
    pressed.disabled = false
    this.draft = { topic: '', text: '', pin: null }
    this.show()
    this.locate()
    scrollTo(0, 0)
    return undefined
  }

  async clear() {
    await dropDraft(now.user, KEY)
    this.draft = { topic: '', text: '', pin: null }
    this.show()
  }
}

export async function report() {
  if (!now.bundle) return { title: say('上报'), body: nothingYet() }
  const form = await new Report(now.bundle).open()
  const hasDraft = form.draft.topic || form.draft.text || (await photosOf(now.user + ' ' + KEY)).length
  return {
    title: say('上报'), sub: say('拍照、选一类、发送'), body: form.body,
    tool: hasDraft ? { label: say('清空重填'), icon: 'trash', act: () => form.clear() } : null,
    actions: [button(say('发送'), 'send', (event) => form.send(event), { tone: 'primary' })],
  }
}
