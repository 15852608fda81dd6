// Everything is kept here first: actions with their photos, drafts, and room for them.
import { tell } from './bus.js'
import { drop, get, listBy, put, transact } from './db.js'
import { sha256, uuid7 } from './ids.js'

export const FORMAT = 1 // of a kept action; whoever changes its shape says here how an older one is read
const DAY = 86_400_000
const KEPT_DONE = 14 * DAY // how long what has arrived stays in the list
const KEPT_PHOTOS = 3 * DAY // how long a photo that has arrived stays on the phone
const MOST_PHOTOS = 24 // that have arrived

/** There is no room left on the phone, even after what was sent has been given up. */
export class StorageFull extends Error {}

export const isOpen = (action) => action.state === 'kept' || action.state === 'waiting'
/** Wants a person: it was refused, or both sides have moved on. */
export const isStuck = (action) => (action.state === 'refused' || action.state === 'conflict') && !action.seen
export const byTime = (one, other) => (one.at === other.at ? one.id.localeCompare(other.id) : one.at.localeCompare(other.at))

export const getState = (key) => get('state', key)
export const putState = (key, value) => noting(() => put('state', value, key))
export const currentUser = () => get('state', 'user')

export async function deviceId() {
  const known = await get('state', 'device')
  if (known) return known
  const id = uuid7()
  await put('state', id, 'device')
  return id
}

export const actionsOf = async (user) => (user ? (await listBy('actions', 'user', user)).sort(byTime) : [])
export const photosOf = (owner) => listBy('photos', 'owner', owner)
export const getAction = (id) => get('actions', id)
export const getPhoto = (id) => get('photos', id)
/** The bytes of a photo; undefined when they have been given up. */
export const bytesOf = (id) => get('blobs', id)

// Room

const isFull = (error) => error?.name === 'QuotaExceededError'
const BALLAST = 400 * 1024 // thrown off when the phone is full, so that what is kept can still be sent and noted

/** Give up the oldest photos that have arrived; return how many there were. */
async function freeSent(user) {
  const sent = (await listBy('photos', 'user', user)).filter((photo) => photo.isDone)
  sent.sort((one, other) => one.keptAt - other.keptAt)
  const some = sent.slice(0, Math.max(5, Math.ceil(sent.length / 2)))
  if (some.length) {
    await transact(['photos', 'blobs'], 'readwrite', ({ photos, blobs }) => {
      for (const photo of some) {
        blobs.delete(photo.id)
        photos.delete(photo.id)
      }
    })
  }
  return some.length
}

const PAUSES = [0, 200, 500, 1000, 2000] // browsers take a while to give back what was dropped
const rest = (ms) => new Promise((done) => setTimeout(done, ms))

/** Do a write; when the phone is full, first give up what has arrived. */
async function withRoom(user, work) {
  let wasFreed = false
  for (const pause of PAUSES) {
    try {
      await rest(pause)
      return await work()
    } catch (error) {
      if (!isFull(error)) throw error
      wasFreed = (await freeSent(user)) > 0 || wasFreed
      if (!wasFreed) break
    }
  }
  throw new StorageFull()
}

/** Do a write of a few bytes that sending cannot do without: it always finds room. */
async function noting(work) {
  try {
    return await work()
  } catch (error) {
    if (!isFull(error)) throw error
  }
  await drop('state', 'ballast')
  try {
    return await work()
  } catch (error) {
    throw isFull(error) ? new StorageFull() : error
  }
}

/** Take up ballast again when there is room for it. */
export async function layBallast() {
  if (await get('state', 'ballast')) return
  await put('state', new Uint8Array(BALLAST), 'ballast').catch((error) => { if (!isFull(error)) throw error })
}

/** Ask the browser not to clear what is kept; return {isSafe, usage, quota} as far as it says. */
export async function askToStay() {
  const isSafe = await navigator.storage?.persisted?.().catch(() => false)
    || await navigator.storage?.persist?.().catch(() => false)
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => ({}))) ?? {}
  return { isSafe: Boolean(isSafe), usage, quota }
}

// Photos: kept the moment they are taken, before anybody has sent anything

/**
 * Keep a photo for the draft or action `owner`; return what is noted of it.
 * @throws {StorageFull}
 */
export async function keepPhoto({ user, owner, slot, blob }) {
  const photo = { id: uuid7(), user, owner, slot, size: blob.size, sha256: await sha256(blob), keptAt: Date.now(), isDone: false }
  await withRoom(user, () => transact(['photos', 'blobs'], 'readwrite', ({ photos, blobs }) => {
    blobs.put(blob, photo.id)
    return photos.put(photo)
  }))
  return photo
}

const dropPhotos = (found) => transact(['photos', 'blobs'], 'readwrite', ({ photos, blobs }) => {
  for (const { id } of found) {
    blobs.delete(id)
    photos.delete(id)
  }
})
export const dropPhoto = (id) => dropPhotos([{ id }])

// Drafts

export const getDraft = (user, key) => get('drafts', user + ' ' + key)
export const putDraft = (user, key, draft) => withRoom(user, () => put('drafts', draft, user + ' ' + key))

export async function dropDraft(user, key) {
  await dropPhotos(await photosOf(user + ' ' + key))
  await drop('drafts', user + ' ' + key)
}

// Actions

/**
 * Keep an action and, in the same transaction, take its draft and the photos of that draft.
 * `title`, `about` ({type, id}) and what else is in `more` are for the person in front of the phone.
 * @throws {StorageFull}
 */
export async function keepAction({ user, kind, data = {}, place = null, basedOn = null, title, about = null, draft = '', more = {}, at = Date.now() }) {
  const photos = draft ? await photosOf(user + ' ' + draft) : []
  const action = {
    ...more, id: uuid7(at), user, kind, at: new Date(at).toISOString(), place, data, title, about,
    photos: photos.map(({ id, sha256: sum, size, slot }) => ({ id, sha256: sum, size, slot })),
    based_on: basedOn, state: 'kept', sentence: '', keptAt: Date.now(), tries: 0, format: FORMAT,
  }
  await noting(() => transact(['actions', 'photos', 'drafts'], 'readwrite', (stores) => {
    for (const photo of photos) stores.photos.put({ ...photo, owner: action.id })
    if (draft) stores.drafts.delete(user + ' ' + draft)
    return stores.actions.put(action)
  }))
  tell('kept')
  return action
}

const change = (store, id, changes) => noting(() => transact([store], 'readwrite', (all) => {
  const request = all[store].get(id)
  request.onsuccess = () => { if (request.result) all[store].put({ ...request.result, ...changes }) }
  return request
}))

/** Write down what has become of an action; what the person has changed meanwhile stays. */
export const settle = (id, changes) => change('actions', id, changes)
export const notePhoto = (id, changes) => change('photos', id, changes)

/** Put a refused action back into the draft `key`, its photos with it, to be mended and sent anew. */
export async function mendAgain(action, key, draft) {
  const photos = await photosOf(action.id)
  const bytes = await Promise.all(photos.map(({ id }) => bytesOf(id)))
  const owner = action.user + ' ' + key
  await withRoom(action.user, () => transact(['actions', 'photos', 'blobs', 'drafts'], 'readwrite', (stores) => {
    // A mended one is a new action with new photos: the server still holds what it refused.
    photos.forEach((photo, index) => {
      if (!bytes[index]) return
      const id = uuid7()
      stores.blobs.put(bytes[index], id)
      stores.photos.put({ ...photo, id, owner, isDone: false })
    })
    stores.drafts.put(draft, owner)
    return stores.actions.put({ ...action, seen: true })
  }))
  tell('kept')
}

/** Forget what has arrived long ago. What has not arrived, or was refused and not looked at, stays. */
export async function tidy(user, now = Date.now()) {
  const photos = await listBy('photos', 'user', user)
  const sent = photos.filter((photo) => photo.isDone).sort((one, other) => other.keptAt - one.keptAt)
  await dropPhotos(sent.filter((photo, index) => index >= MOST_PHOTOS || now - photo.keptAt > KEPT_PHOTOS))
  for (const action of await actionsOf(user)) {
    const isOver = action.state === 'done' || action.state === 'withdrawn' || action.seen
    if (isOver && !isOpen(action) && now - action.keptAt > KEPT_DONE) await drop('actions', action.id)
  }
}
