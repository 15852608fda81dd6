// Carry the EXIF of a photo (time, place) over to its smaller copy: a canvas would lose it.

const view = (buffer) => new DataView(buffer)

/** Return the APP1/Exif segment of a JPEG as a Uint8Array, or null. */
export function exifOf(buffer) {
  const data = view(buffer)
  if (data.byteLength < 4 || data.getUint16(0) !== 0xffd8) return null
  for (let at = 2; at + 10 < data.byteLength && data.getUint8(at) === 0xff; ) {
    const length = data.getUint16(at + 2)
    if (data.getUint8(at + 1) === 0xe1 && data.getUint32(at + 4) === 0x45786966) return new Uint8Array(buffer.slice(at, at + 2 + length))
    if (data.getUint8(at + 1) === 0xda) return null
    at += 2 + length
  }
  return null
}

/** Say in an Exif segment that the picture stands upright: the canvas has turned it already. */
export function setUpright(segment) {
  const data = view(segment.buffer)
  const tiff = 10
  const little = data.getUint16(tiff) === 0x4949
  const table = tiff + data.getUint32(tiff + 4, little)
  if (table + 2 > data.byteLength) return segment
  for (let index = 0; index < data.getUint16(table, little); index++) {
    const at = table + 2 + 12 * index
    if (at + 12 > data.byteLength) break
    if (data.getUint16(at, little) === 0x0112) data.setUint16(at + 8, 1, little)
  }
  return segment
}

/** Return the JPEG `small` with the Exif segment put behind its first marker. */
export async function withExif(small, segment) {
  const bytes = await small.arrayBuffer()
  return new Blob([bytes.slice(0, 2), segment, bytes.slice(2)], { type: 'image/jpeg' })
}
