// Making what is on the screen: elements with their handlers, icons by name, the few parts that many screens share.
import { draw, make, say } from '../js/page.js'
import { ICONS } from './icons.js'

/** Make an element: `on…` attributes are handlers, children that are null or false are left out. */
export function el(tag, attributes = {}, ...children) {
  const plain = {}
  const handlers = []
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) handlers.push([name.slice(2), value])
    else plain[name] = value
  }
  const element = make(tag, plain, ...children.flat(Infinity).filter((child) => child != null && child !== false))
  for (const [type, act] of handlers) if (act) element.addEventListener(type, act)
  return element
}

export const icon = (name) => draw(ICONS[name])

/** A large button: `button('发送', 'send', act, { tone: 'primary' })`. */
export function button(label, symbol, act, { tone = '', ...attributes } = {}) {
  return el('button', { type: 'button', class: ('big ' + tone).trim(), onclick: act, ...attributes },
    symbol && icon(symbol), el('span', {}, label))
}

export const chip = (tone, symbol, words) => el('span', { class: 'chip tone-' + tone }, symbol && icon(symbol), words)

export function banner(tone, symbol, words, ...more) {
  return el('div', { class: 'banner tone-' + tone, role: tone === 'late' ? 'alert' : 'status' }, icon(symbol), el('p', {}, words), more)
}

export const empty = (symbol, title, words) =>
  el('div', { class: 'empty' }, icon(symbol), el('h2', {}, title), el('p', {}, words))

/** A message that goes away by itself. */
export function toast(words, tone = 'done') {
  const box = document.getElementById('toasts')
  const item = el('div', { class: 'toast tone-' + tone, role: tone === 'late' ? 'alert' : 'status' },
    icon(tone === 'late' ? 'alert' : 'check'), el('p', {}, words))
  box.replaceChildren(item)
  setTimeout(() => item.remove(), tone === 'late' ? 9000 : 4500)
}

/** Ask before something that cannot be taken back; resolves to true or false. */
export function confirmed(title, words, yes) {
  return new Promise((done) => {
    const answer = (value) => () => {
      dialog.close()
      dialog.remove()
      done(value)
    }
    const dialog = el('dialog', { 'aria-labelledby': 'ask-title', oncancel: answer(false) },
      el('h2', { id: 'ask-title' }, title), el('p', {}, words),
      el('div', { class: 'stack' }, button(yes, 'check', answer(true), { tone: 'primary' }), button(say('不，返回'), 'back', answer(false))))
    document.body.append(dialog)
    dialog.showModal()
  })
}

/** A label with its field and, when `complaint` is said, the sentence beside it. */
export function field(id, label, control, { help = '', complaint = '', isOptional = false } = {}) {
  control.id = id
  if (complaint) control.setAttribute('aria-invalid', 'true')
  const describedBy = [help && id + '-help', complaint && id + '-error'].filter(Boolean).join(' ')
  if (describedBy) control.setAttribute('aria-describedby', describedBy)
  return el('div', { class: 'field' + (complaint ? ' has-error' : '') },
    el('label', { for: id }, label, isOptional && el('span', { class: 'optional' }, say('（可不填）'))),
    help && el('p', { class: 'help', id: id + '-help' }, help),
    complaint && el('p', { class: 'complaint', id: id + '-error' }, icon('alert'), complaint),
    control)
}

/** Large buttons of which one is chosen: options = [{value, label, icon?, tone?}]. */
export function choices(name, label, options, chosen, choose, { columns = 2, isHidden = false } = {}) {
  const id = 'choose-' + name
  return el('fieldset', { class: 'choices cols-' + columns },
    el('legend', { id, class: isHidden ? 'visually-hidden' : '' }, label),
    options.map((option) => el('label', { class: 'choice' + (option.tone ? ' tone-' + option.tone : '') },
      el('input', { type: 'radio', name, value: option.value, checked: option.value === chosen, onchange: () => choose(option.value) }),
      option.icon && icon(option.icon), el('span', {}, option.label))))
}
