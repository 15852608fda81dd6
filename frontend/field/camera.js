// Photos of a draft: taken or chosen, made smaller, kept at once. `photos(owner…)` is the part of a form that shows them.
import { say } from '../js/page.js'
import { shrink } from '../js/shrink.js'
import { button, el, icon, toast } from './dom.js'
import { bytesOf, dropPhoto, keepPhoto, photosOf, StorageFull } from './keep.js'

const KINDS = /^image\/(jpeg|png|webp|heic|heif)$/
const LARGEST = 20 * 1_048_576

const picture = ([, bytes], words) => {
  const image = el('img', { src: URL.createObjectURL(bytes), alt: words })
  image.addEventListener('load', () => URL.revokeObjectURL(image.src))
  return image
}

/** Return [[photo, bytes], …] of those whose bytes are still here. */
const withBytes = async (photos) => (await Promise.all(photos.map(async (photo) => [photo, await bytesOf(photo.id)]))).filter(([, bytes]) => bytes)

async function take(files, { user, owner, slot }) {
  for (const file of files) {
    if (!KINDS.test(file.type)) {
      toast(say('「{name}」不是照片，请选 JPG、PNG、WebP 或 HEIC', { name: file.name }), 'late')
      continue
    }
    if (file.size > LARGEST) {
      toast(say('「{name}」超过 {limit} MB，请换一张', { name: file.name, limit: 20 }), 'late')
      continue
    }
    try {
      await keepPhoto({ user, owner, slot, blob: await shrink(file) })
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error
      toast(say('手机存满了，这张照片没有存下。请删掉手机里不用的东西，再拍一次'), 'late')
    }
  }
}

/**
 * Return the part of a form that takes photos for one slot. `changed(count)` is called after each change.
 * `tall` draws the one large button of the report; `words` names it. `signs` are the words that somebody
 * signs on the glass: paper that was signed may be photographed instead.
 */
export function photos({ user, owner, slot, words, most = 6, tall = false, signs = '', changed = () => {} }) {
  const camera = el('input', { type: 'file', accept: 'image/*', capture: 'environment', class: 'visually-hidden', tabindex: '-1', 'aria-hidden': 'true', 'data-slot': slot })
  const album = el('input', { type: 'file', accept: 'image/*', multiple: true, class: 'visually-hidden', tabindex: '-1', 'aria-hidden': 'true', 'data-album': slot })
  const grid = el('ul', { class: signs ? 'photos signed' : 'photos', 'aria-label': words })
  const buttons = el('div', { class: tall ? 'photo-buttons tall' : 'photo-buttons' },
    signs && button(say('手写签字'), 'signature', sign),
    button(words, 'camera', () => camera.click(), { tone: 'camera' }),
    !signs && button(say('从相册选'), 'photo', () => album.click(), { tone: 'quiet' }))
  const part = el('div', { class: 'photo-field' }, grid, buttons, camera, album)

  async function show() {
    const mine = await withBytes((await photosOf(owner)).filter((photo) => photo.slot === slot))
    grid.replaceChildren(...mine.map((photo, index) => el('li', {}, picture(photo, say('照片 {n}', { n: index + 1 })),
      el('button', { type: 'button', class: 'photo-drop', 'aria-label': say('删除照片 {n}', { n: index + 1 }), onclick: () => dropPhoto(photo[0].id).then(show) }, icon('cross')))))
    grid.hidden = mine.length === 0
    buttons.hidden = mine.length >= most
    buttons.classList.toggle('has-some', mine.length > 0)
    changed(mine.length)
  }

  async function sign() {
    const { signature } = await import('./signature.js')
    const blob = await signature(signs)
    if (blob) await take([new File([blob], 'signature.jpg', { type: 'image/jpeg' })], { user, owner, slot })
    await show()
  }

  for (const input of [camera, album]) {
    input.addEventListener('change', async () => {
      const files = [...input.files]
      input.value = ''
      part.setAttribute('aria-busy', 'true')
      const room = most - grid.children.length
      if (files.length > room) toast(say('最多 {most} 张，多出的没有加上', { most }), 'late')
      await take(files.slice(0, room), { user, owner, slot })
      part.removeAttribute('aria-busy')
      await show()
    })
  }
  show()
  return part
}

/** Small pictures of what an action carries, as far as they are still on the phone. */
export async function thumbs(action) {
  const kept = await withBytes(await photosOf(action.id))
  return kept.length ? el('ul', { class: 'photos thumbs' }, kept.map((photo, index) => el('li', {}, picture(photo, say('照片 {n}', { n: index + 1 }))))) : null
}
