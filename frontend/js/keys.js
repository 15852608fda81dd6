// The keyboard of the desk: j k Enter x / ? on lists whose rows carry data-row.
import { announce, isTyping, make, say } from './page.js'

const OFF = 'tongxin-keys-off'
const HELP = [
  ['j', '下一条'], ['k', '上一条'], ['Enter', '打开'], ['x', '选中或取消'], ['/', '搜索'], ['?', '显示这份说明'], ['Esc', '关闭'],
]

function step(by) {
  const rows = [...document.querySelectorAll('[data-row]')].filter((row) => row.offsetParent)
  const here = rows.indexOf(document.activeElement?.closest?.('[data-row]'))
  const row = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by]
  row?.querySelector('a')?.focus()
  row?.scrollIntoView({ block: 'nearest' })
}

function tick() {
  const box = document.activeElement?.closest?.('[data-row]')?.querySelector('[data-pick]')
  if (!box) return
  box.click()
  announce(say(box.checked ? '已选中' : '已取消'))
}

function help() {
  const list = make('dl', { class: 'facts keys' })
  for (const [key, words] of HELP) list.append(make('dt', {}, make('kbd', {}, key)), make('dd', {}, say(words)))
  const off = make('input', { type: 'checkbox', id: 'keys-off', class: 'form-check-input' })
  off.checked = Boolean(localStorage.getItem(OFF))
  off.addEventListener('change', () => (off.checked ? localStorage.setItem(OFF, '1') : localStorage.removeItem(OFF)))
  const dialog = make('dialog', { class: 'dialog', 'aria-labelledby': 'keys-title' },
    make('h2', { id: 'keys-title' }, say('快捷键')), list,
    make('div', { class: 'form-check mt-3' }, off, make('label', { for: 'keys-off' }, say('停用单键快捷键'))),
    make('form', { method: 'dialog', class: 'btn-row' }, make('button', { class: 'btn' }, say('关闭'))))
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: tick,
  '/': () => {
    const box = document.querySelector('[data-search]')
    if (box) box.focus()
    else document.querySelector('[data-search-page]')?.click()
  },
}

export function start() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return
    const act = event.key === '?' ? help : !localStorage.getItem(OFF) && KEYS[event.key]
    if (!act) return
    event.preventDefault()
    act()
  })
  document.addEventListener('click', (event) => event.target.closest('[data-keys-help]') && help())
}
