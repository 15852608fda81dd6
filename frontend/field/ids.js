// Names for what is made here: UUIDv7, so that the phone's order is the order of the ids.

/** Return a UUIDv7 of the moment `at` (ms). */
export function uuid7(at = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  for (let place = 0; place < 6; place++) bytes[place] = Math.floor(at / 2 ** (8 * (5 - place))) % 256
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Return the SHA-256 of a Blob in hexadecimal digits. */
export async function sha256(blob) {
  const sum = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())
  return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
