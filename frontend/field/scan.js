// The sign on the wall: read by the camera where the browser can, else typed in.
import { say } from '../js/page.js'
import { button, el, field, icon } from './dom.js'

async function canRead() {
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices?.getUserMedia) return false
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => [])
  return formats.includes('qr_code')
}

/** Resolve to what the code says, or '' if the person goes back. */
export async function scan() {
  const isReader = await canRead()
  return new Promise((done) => {
    let stream = null
    let isOver = false
    const input = el('input', { class: 'input', autocomplete: 'off', autocapitalize: 'characters', inputmode: 'text' })
    const finish = (code) => {
      isOver = true
      stream?.getTracks().forEach((track) => track.stop())
      dialog.close()
      dialog.remove()
      done(code)
    }
    const video = el('video', { class: 'scan', playsinline: true, muted: true, 'aria-label': say('对准门口的二维码') })
    const words = el('p', { class: 'help', role: 'status' }, isReader ? say('对准门口的二维码') : say('这台手机不能直接扫码，请输入码下面的编号'))
    const dialog = el('dialog', { class: 'sheet', 'aria-labelledby': 'scan-title', oncancel: () => finish('') },
      el('div', { class: 'sheet-head' }, el('h2', { id: 'scan-title' }, say('扫码')), el('button', { type: 'button', class: 'round', 'aria-label': say('关闭'), onclick: () => finish('') }, icon('cross'))),
      isReader && video, words,
      el('form', { onsubmit: (event) => {
        event.preventDefault()
        if (input.value.trim()) finish(input.value.trim())
      } }, field('scan-code', say('码下面的编号'), input), button(say('用这个编号'), 'check', null, { tone: 'primary', type: 'submit' })))
    document.body.append(dialog)
    dialog.showModal()
    if (isReader) watch()

    async function watch() {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      } catch {
        words.textContent = say('没有打开相机，请输入码下面的编号')
        video.remove()
        return
      }
      if (isOver) return stream.getTracks().forEach((track) => track.stop())
      video.srcObject = stream
      await video.play()
      const detector = new BarcodeDetector({ formats: ['qr_code'] })
      while (!isOver) {
        const [found] = await detector.detect(video).catch(() => [])
        if (found) return finish(found.rawValue)
        await new Promise((rest) => setTimeout(rest, 200))
      }
    }
  })
}
