// Lists that keep themselves up to date: <div data-live="URL" data-live-every="5">rows with data-row</div>.
// The server answers 304 to If-None-Match, 204 if nothing is new, or the new inside of the element.
import htmx from 'htmx.org'
import { announce, each, isTyping, say } from './page.js'

const rowsOf = (list) => new Map([...list.querySelectorAll('[data-row]')].map((row) => [row.dataset.row, row]))

function isBusy(list) {
  const active = document.activeElement
  return document.hidden || document.querySelector('dialog[open]') || (list.contains(active) && isTyping(active))
}

/** Swap the inside of `list`, keeping ticks, focus and what the reader is looking at where they are. */
function renew(list, html) {
  const before = rowsOf(list)
  const ticked = new Set([...list.querySelectorAll('[data-pick]:checked')].map((box) => box.value))
  const focused = document.activeElement?.closest?.('[data-row]')?.dataset.row
  const current = list.querySelector('[data-row][aria-current]')?.dataset.row
  const anchor = [...before.values()].find((row) => row.getBoundingClientRect().bottom > 0)
  const top = anchor?.getBoundingClientRect().top
  const scroller = list.closest('.split-list') ?? document.scrollingElement

  list.innerHTML = html
  list.dispatchEvent(new Event('tx:renewed', { bubbles: true }))
  htmx.process(list)
  document.dispatchEvent(new CustomEvent('tx:added', { detail: list }))
  const after = rowsOf(list)
  for (const box of list.querySelectorAll('[data-pick]')) box.checked = ticked.has(box.value)
  if (current) after.get(current)?.setAttribute('aria-current', 'true')
  if (focused) after.get(focused)?.querySelector('a, button, input')?.focus({ preventScroll: true })
  const held = anchor && after.get(anchor.dataset.row)
  if (held && scroller.scrollTop > 0) scroller.scrollTop += held.getBoundingClientRect().top - top
  list.dispatchEvent(new Event('change', { bubbles: true }))

  const fresh = [...after].filter(([id]) => !before.has(id))
  for (const [, row] of fresh) row.classList.add('is-fresh')
  if (fresh.length) announce(say('新到 {n} 条', { n: fresh.length }))
}

export function mount(root) {
  each(root, '[data-live]', (list) => {
    let tag = list.dataset.liveTag ?? ''
    const look = async () => {
      if (!list.isConnected) return clearInterval(timer)
      if (isBusy(list)) return
      try {
        const answer = await fetch(list.dataset.live, { headers: { 'HX-Request': 'true', 'If-None-Match': tag } })
        if (answer.status === 200) {
          tag = answer.headers.get('ETag') ?? ''
          renew(list, await answer.text())
        }
        list.classList.toggle('is-stale', answer.status >= 400)
      } catch {
        list.classList.add('is-stale')
      }
    }
    const timer = setInterval(look, 1000 * Number(list.dataset.liveEvery || 5))
    document.addEventListener('visibilitychange', () => document.hidden || look())
  })
}
