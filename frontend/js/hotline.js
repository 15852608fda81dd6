// The desk of a hotline: function keys on what carries data-key, the length of a call, words taken over.
import { announce, each, say } from './page.js'

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !/^F\d{1,2}$/.test(event.key)) return
  if (document.querySelector('dialog[open]')) return
  const found = [...document.querySelectorAll(`[data-key="${event.key}"]`)].find((one) => one.offsetParent)
  if (!found) return
  event.preventDefault()
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(found.tagName)) found.focus()
  else found.click()
}

/** Put the words of a button into a field: an answer that is ready, a place that was named. */
function fill(event) {
  const button = event.target.closest?.('[data-fill-into]')
  const field = button && document.getElementById(button.dataset.fillInto)
  if (!field) return
  field.value = button.dataset.fill
  field.dispatchEvent(new Event('change', { bubbles: true }))
  field.focus()
  announce(say('已填入'))
}

export function start() {
  document.addEventListener('keydown', press)
  document.addEventListener('click', fill)
}

export function mount(root) {
  each(root, '[data-since]', (timer) => {
    const since = Date.parse(timer.dataset.since)
    const show = () => {
      if (!timer.isConnected) return clearInterval(ticking)
      const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000))
      const parts = [Math.floor(seconds / 60), seconds % 60].map((n) => String(n).padStart(2, '0'))
      timer.textContent = parts.join(':')
    }
    const ticking = setInterval(show, 1000)
    show()
  })
}
