// Short messages that slide in, and ten seconds to take a thing back.
import alert from '@tabler/icons/outline/alert-triangle.svg?raw'
import check from '@tabler/icons/outline/circle-check.svg?raw'
import info from '@tabler/icons/outline/info-circle.svg?raw'
import cross from '@tabler/icons/outline/x.svg?raw'
import { csrfToken, draw, each, make, say } from './page.js'

const ICONS = { done: check, late: alert, working: info }

/** Show `text`; `tone` is done, late or working; `undo` a URL to post to. */
export function toast(text, { tone = 'working', undo = '', seconds = 6 } = {}) {
  const item = make('div', { class: `message toast tone-${tone}`, role: tone === 'late' ? 'alert' : 'status' },
    draw(ICONS[tone]), make('div', { class: 'message-body' }, make('p', {}, text)))
  if (undo) {
    const form = make('form', { method: 'post', action: undo },
      make('input', { type: 'hidden', name: 'csrfmiddlewaretoken', value: csrfToken() }),
      make('button', { class: 'btn btn-sm' }, say('撤销'), make('span', { 'data-undo-left': true })))
    item.querySelector('.message-body').append(form)
    item.dataset.undo = '10'
  }
  addClose(item)
  document.getElementById('toasts')?.append(item)
  if (undo) countDown(item)
  else if (tone !== 'late') setTimeout(() => item.remove(), seconds * 1000)
  return item
}

function addClose(item) {
  const button = make('button', { type: 'button', class: 'btn btn-sm btn-icon close', 'aria-label': say('关闭') }, draw(cross))
  button.addEventListener('click', () => item.remove())
  item.append(button)
}

/** Count the seconds on the button, stopping while it is pointed at or focused; then take it away. */
function countDown(item) {
  let left = Number(item.dataset.undo)
  const words = item.querySelector('[data-undo-left]')
  const show = () => { words.textContent = say('（{left} 秒）', { left }) }
  show()
  const timer = setInterval(() => {
    if (item.matches(':hover, :focus-within')) return
    left -= 1
    if (left > 0) return show()
    clearInterval(timer)
    if (item.classList.contains('toast')) item.remove()
    else item.querySelector('form')?.remove()
  }, 1000)
}

export function mount(root) {
  each(root, '.messages > .message', (item) => {
    addClose(item)
    if (item.dataset.undo) countDown(item)
  })
}
