// Everything is kept here first: actions with their photos, drafts, and room for them.
import { tell } from './bus.js'
import { drop, get, listBy, put, transact } from './db.js'
import { sha256, uuid7 } from './ids.js'

export const FORMAT = 1 // of a kept action; whoever changes its shape says here how an older one is read
const DAY = 86_400_000
const KEPT_DONE = 14 * DAY // how long what has arrived stays in the list
const KEPT_PHOTOS = 3 * DAY // how long a photo that has arrived stays on the phone

/** There is no room left on the phone, even after what was sent has been given up. */
export class StorageFull extends Error {}

export const isOpen = (action) => action.state === 'kept' || action.state === 'waiting'
/** Wants a person: it was refused, or both sides have moved on. */
export const isStuck = (action) => (action.state === 'refused' || action.state === 'conflict') && !action.seen
export const byTime = (one, other) => (one.at === other.at ? one.id.localeCompare(other.id) : one.at.localeCompare(other.at))

export const getState = (key) => get('state', key)
export const putState = (key, value) => put('state', value, key)
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

// Room

/** Give up the oldest photos that have arrived; return how many bytes that freed. */
async function freeSent(user) {
  const sent = (await listBy('photos', 'user', user)).filter((photo) => photo.isDone && photo.blob)
  sent.sort((one, other) => one.keptAt - other.keptAt)
  let freed = 0
  for (const photo of sent.slice(0, Math.max(5, Math.ceil(sent.length / 2)))) {
    freed += photo.size
    await drop('photos', photo.id)
  }
  return freed
}

const isFull = (error) => error?.name === 'QuotaExceededError'

async function withRoom(user, work) {
  try {
    return await work()
  } catch (error) {
    if (!isFull(error)) throw error
    if (!(await freeSent(user))) throw new StorageFull()
  }
  try {
    return await work()
  } catch (error) {
    throw isFull(error) ? new StorageFull() : error
  }
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
 * Keep a photo for the draft or action `owner`; return it without its bytes.
 * @throws {StorageFull}
 */
export async function keepPhoto({ user, owner, slot, blob }) {
  const photo = { id: uuid7(), user, owner, slot, blob, size: blob.size, sha256: await sha256(blob), keptAt: Date.now(), isDone: false }
  await withRoom(user, () => put('photos', photo))
  return photo
}

export const dropPhoto = (id) => drop('photos', id)

// Drafts

export const getDraft = (user, key) => get('drafts', user + ' ' + key)
export const putDraft = (user, key, draft) => withRoom(user, () => put('drafts', draft, user + ' ' + key))

export async function dropDraft(user, key) {
  const photos = await photosOf(user + ' ' + key)
  await transact(['drafts', 'photos'], 'readwrite', (stores) => {
    for (const photo of photos) stores.photos.delete(photo.id)
    return stores.drafts.delete(user + ' ' + key)
  })
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
  await withRoom(user, () => transact(['actions', 'photos', 'drafts'], 'readwrite', (stores) => {
    for (const photo of photos) stores.photos.put({ ...photo, owner: action.id })
    if (draft) stores.drafts.delete(user + ' ' + draft)
    return stores.actions.put(action)
  }))
  tell('kept')
  return action
}

/** Write down what has become of an action; what the person has changed meanwhile stays. */
export async function settle(id, changes) {
  await transact(['actions'], 'readwrite', ({ actions }) => {
    const request = actions.get(id)
    request.onsuccess = () => { if (request.result) actions.put({ ...request.result, ...changes }) }
    return request
  })
}

export async function notePhoto(id, changes) {
  await transact(['photos'], 'readwrite', ({ photos }) => {
    const request = photos.get(id)
    request.onsuccess = () => { if (request.result) photos.put({ ...request.result, ...changes }) }
    return request
  })
}

/** Put a refused action back into the draft `key`, its photos with it, to be mended and sent anew. */
export async function mendAgain(action, key, draft) {
  const photos = await photosOf(action.id)
  const owner = action.user + ' ' + key
  await transact(['actions', 'photos', 'drafts'], 'readwrite', (stores) => {
    // A mended one is a new action with new photos: the server still holds what it refused.
    for (const photo of photos) {
      if (photo.blob) stores.photos.put({ ...photo, id: uuid7(), owner, isDone: false })
    }
    stores.drafts.put(draft, owner)
    return stores.actions.put({ ...action, seen: true })
  })
  tell('kept')
}

/** Forget what has arrived long ago. What has not arrived, or was refused and not looked at, stays. */
export async function tidy(user, now = Date.now()) {
  for (const photo of await listBy('photos', 'user', user)) {
    if (photo.isDone && now - photo.keptAt > KEPT_PHOTOS) await drop('photos', photo.id)
  }
  for (const action of await actionsOf(user)) {
    const isOver = action.state === 'done' || action.state === 'withdrawn' || action.seen
    if (isOver && !isOpen(action) && now - action.keptAt > KEPT_DONE) await drop('actions', action.id)
  }
}
