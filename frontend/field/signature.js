// A signature with the finger: a dialog with a sheet of paper; resolves to a JPEG of the strokes, or null.
import { say } from '../js/page.js'
import { button, el, icon } from './dom.js'

const WIDTH = 1200
const HEIGHT = 600
const PEN = 9
const LEAST = 40 // of the way the finger went: a slip is no signature

/** Ask somebody to sign; `words` says what they sign. */
export function signature(words) {
  return new Promise((done) => {
    const paper = el('canvas', { class: 'paper', width: String(WIDTH), height: String(HEIGHT), role: 'img', 'aria-label': say('签字处，用手指写') })
    const ink = paper.getContext('2d')
    let way = 0
    let last = null

    const blank = () => {
      ink.fillStyle = '#fff'
      ink.fillRect(0, 0, WIDTH, HEIGHT)
      way = 0
      keep.disabled = true
    }
    const at = (event) => {
      const { left, top, width, height } = paper.getBoundingClientRect()
      return [((event.clientX - left) / width) * WIDTH, ((event.clientY - top) / height) * HEIGHT]
    }
    const stroke = (event) => {
      const next = at(event)
      ink.beginPath()
      ink.moveTo(...last)
      ink.lineTo(...next)
      ink.stroke()
      way += Math.hypot(next[0] - last[0], next[1] - last[1])
      last = next
      keep.disabled = way < LEAST
    }
    const finish = (blob) => {
      dialog.close()
      dialog.remove()
      done(blob)
    }
    const keep = button(say('签好了'), 'check', () => paper.toBlob(finish, 'image/jpeg', 0.85), { tone: 'primary' })
    const dialog = el('dialog', { class: 'sheet', 'aria-labelledby': 'sign-title', oncancel: () => finish(null) },
      el('div', { class: 'sheet-head' }, el('h2', { id: 'sign-title' }, say('请在下面签字')),
        el('button', { type: 'button', class: 'round', 'aria-label': say('关闭'), onclick: () => finish(null) }, icon('cross'))),
      el('p', {}, words), paper,
      el('div', { class: 'pair' }, button(say('重写'), 'undo', blank, { tone: 'quiet' }), keep))

    Object.assign(ink, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round', strokeStyle: '#14120f' })
    blank()
    paper.addEventListener('pointerdown', (event) => {
      paper.setPointerCapture(event.pointerId)
      last = at(event)
      stroke(event)
    })
    paper.addEventListener('pointermove', (event) => { if (last) for (const one of event.getCoalescedEvents?.() ?? [event]) stroke(one) })
    for (const end of ['pointerup', 'pointercancel']) paper.addEventListener(end, () => { last = null })
    document.body.append(dialog)
    dialog.showModal()
  })
}
