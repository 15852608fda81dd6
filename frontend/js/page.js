// Small helpers of the modules: mounting, speaking to screen readers, words in two languages.
import english from './words.en.json'

const mounted = new WeakMap()

/** Run `mount(element)` once for each element below `root` (or `root` itself) that matches. */
export function each(root, selector, mount) {
  const found = [...root.querySelectorAll(selector)]
  if (root.matches?.(selector)) found.unshift(root)
  for (const element of found) {
    const known = mounted.get(element) ?? mounted.set(element, new Set()).get(element)
    if (known.has(selector)) continue
    known.add(selector)
    mount(element)
  }
}

/** Make an element: `make('button', { type: 'button', class: 'btn' }, '派单')`. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue
    element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

/** Draw an icon given the source of its SVG file. */
export function draw(source) {
  const svg = new DOMParser().parseFromString(source, 'image/svg+xml').documentElement
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  return svg
}

/** Return the Chinese `text` in the language of the page, with {name} filled in. */
export function say(text, values = {}) {
  const spoken = document.documentElement.lang.startsWith('en') ? (english[text] ?? text) : text
  return spoken.replace(/\{(\w+)\}/g, (_, name) => values[name])
}

/** Add the words of another entry to those that `say` knows. */
export const learn = (words) => Object.assign(english, words)

/** Tell a screen reader what has changed on the page. */
export function announce(text) {
  const region = document.getElementById('announcer')
  if (!region) return
  region.textContent = ''
  setTimeout(() => { region.textContent = text }, 60)
}

export const isTyping = (target) =>
  target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type)

export const csrfToken = () => JSON.parse(document.body.getAttribute('hx-headers') || '{}')['X-CSRFToken'] || ''

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--tx-${name}`).trim()
