// A smaller copy of a photo before it travels, with the time and place that the camera wrote into it.
import { exifOf, setUpright, withExif } from './exif.js'

const LONGEST = 2048

/** Return the photo with its longer side at most 2048 px; as it is if the browser cannot read it. */
export async function shrink(file) {
  let bitmap
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return file
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height))
  if (scale === 1 && file.size < 1_000_000) return file
  const canvas = Object.assign(document.createElement('canvas'), { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) })
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  const small = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85))
  if (!small || (scale === 1 && small.size >= file.size)) return file
  const exif = exifOf(await file.arrayBuffer())
  const blob = exif ? await withExif(small, setUpright(exif)) : small
  return new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg', lastModified: file.lastModified })
}
