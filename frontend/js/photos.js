// Photos on a plain file input: <input type="file" accept="image/*" multiple data-photos data-max="6" data-max-mb="20">.
// Camera first, preview, remove, and a smaller copy before it travels. The form still posts as it is.
import camera from '@tabler/icons/outline/camera.svg?raw'
import album from '@tabler/icons/outline/photo.svg?raw'
import cross from '@tabler/icons/outline/x.svg?raw'
import { announce, draw, each, make, say } from './page.js'
import { shrink } from './shrink.js'

const KINDS = ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif']

function complaint(file, input) {
  const limit = Number(input.dataset.maxMb || 20)
  if (!KINDS.includes(file.type)) return say('「{name}」不是照片，请选 JPG、PNG、WebP 或 HEIC', { name: file.name })
  if (file.size > limit * 1_048_576) return say('「{name}」超过 {limit} MB，请换一张', { name: file.name, limit })
  return ''
}

class Photos {
  constructor(input) {
    this.input = input
    this.files = [...input.files]
    this.most = Number(input.dataset.max || (input.multiple ? 6 : 1))
    this.grid = make('ul', { class: 'photos' })
    this.note = make('p', { class: 'field-error', role: 'alert', hidden: true })
    this.buttons = make('div', { class: 'btn-row photo-buttons' },
      this.button(camera, '拍照', true), this.button(album, '从相册选', false))
    input.classList.add('visually-hidden')
    input.tabIndex = -1
    input.after(this.grid, this.note, this.buttons)
    input.addEventListener('change', () => this.telling || this.take([...input.files]))
    input.addEventListener('tx:photos', (event) => this.show(event.detail))
    this.show(this.files)
  }

  button(icon, words, withCamera) {
    const button = make('button', { type: 'button', class: 'btn', 'aria-describedby': this.input.getAttribute('aria-describedby') }, draw(icon), say(words))
    button.addEventListener('click', () => {
      if (withCamera) this.input.setAttribute('capture', 'environment')
      else this.input.removeAttribute('capture')
      this.input.click()
    })
    return button
  }

  async take(chosen) {
    const complaints = chosen.map((file) => complaint(file, this.input)).filter(Boolean)
    const good = chosen.filter((file) => !complaint(file, this.input))
    const room = this.most - this.files.length
    if (good.length > room) complaints.push(say('最多 {most} 张，多出的没有加上', { most: this.most }))
    this.buttons.classList.add('htmx-request')
    const ready = await Promise.all(good.slice(0, room).map(shrink))
    this.buttons.classList.remove('htmx-request')
    this.show([...this.files, ...ready])
    this.complain(complaints)
    this.changed(say('已有 {n} 张照片', { n: this.files.length }))
  }

  complain(complaints) {
    this.note.hidden = complaints.length === 0
    this.note.textContent = complaints.join(' ')
  }

  changed(words) {
    announce(words)
    this.telling = true
    this.input.dispatchEvent(new Event('change', { bubbles: true }))
    this.telling = false
  }

  show(files) {
    this.files = files
    const list = new DataTransfer()
    for (const file of files) list.items.add(file)
    this.input.files = list.files
    this.grid.replaceChildren(...files.map((file, index) => this.tile(file, index)))
    this.grid.hidden = files.length === 0
    this.buttons.hidden = files.length >= this.most
  }

  tile(file, index) {
    const image = make('img', { src: URL.createObjectURL(file), alt: say('照片 {n}', { n: index + 1 }) })
    image.addEventListener('load', () => URL.revokeObjectURL(image.src))
    const remove = make('button', { type: 'button', class: 'photo-remove', 'aria-label': say('删除照片 {n}', { n: index + 1 }) }, draw(cross))
    remove.addEventListener('click', () => {
      this.show(this.files.filter((_, place) => place !== index))
      this.complain([])
      this.changed(say('已删除，还有 {n} 张', { n: this.files.length }))
      this.buttons.querySelector('button').focus()
    })
    return make('li', {}, image, remove)
  }
}

export function mount(root) {
  each(root, 'input[type=file][data-photos]', (input) => new Photos(input))
}
