// Sends what is kept: actions in their order, photos apart in pieces, each once, however often it is tried.
import { fetchBundle, outcome } from './bundle.js'
import { tell } from './bus.js'
import { actionsOf, bytesOf, currentUser, deviceId, getAction, getPhoto, getState, isOpen, layBallast, notePhoto, putState, settle, tidy } from './keep.js'
import { Busy, call, NoAnswer, Refused, SignedOut } from './net.js'

export const APP = '1.0'
const BATCH = 40
const PIECE = 256 * 1024 // small enough for a bad network, of the megabyte that the house takes at once

const wire = ({ id, kind, at, place, data, photos, based_on }) => ({ id, kind, at, place, data, photos, based_on })
const keyOf = (action) => (action.about ? action.about.type + ' ' + action.about.id : '')

/** Return what may go now: not a step of an order or visit whose step before still waits for its photos. */
export function ready(actions) {
  const held = new Set()
  return actions.filter((action) => {
    const key = keyOf(action)
    const isHeld = key && held.has(key)
    if (key && (action.state === 'waiting' || (action.state === 'kept' && action.photos.length))) held.add(key)
    return action.state === 'kept' && !isHeld
  })
}

/** Send one batch. What the house cannot read is divided until the one that it means stands alone. */
async function post(user, actions) {
  const body = JSON.stringify({ device: await deviceId(), app: APP, user, sent_at: new Date().toISOString(), actions: actions.map(wire) })
  try {
    const { told } = await call('/sync', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
    for (const result of told.results) await settle(result.id, { ...outcome(result), sentAt: Date.now(), why: '' })
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 403 || error.status === 409) throw error
    if (actions.length > 1) {
      const half = Math.ceil(actions.length / 2)
      await post(user, actions.slice(0, half))
      await post(user, actions.slice(half))
    } else {
      await settle(actions[0].id, { state: 'refused', code: error.problem.code ?? String(error.status), sentence: error.message, field: error.problem.field ?? '', sentAt: Date.now() })
    }
  }
  tell('sent')
}

/** Send one piece; the house may want another one first (wrong_offset), or all anew (wrong_hash). */
async function postPiece(photo, bytes, offset) {
  const body = bytes.slice(offset, offset + PIECE)
  try {
    const { told } = await call('/photos/' + photo.id + '?offset=' + offset, { method: 'PUT', body, headers: { 'Content-Type': 'application/octet-stream' } })
    return told
  } catch (error) {
    const wanted = error instanceof Refused && error.status === 409 ? error.problem.wanted : undefined
    if (!Number.isInteger(wanted)) throw error
    return { received: wanted, state: 'waiting', isBack: true }
  }
}

/** Send what is missing of a photo; the house says from where. */
async function postPhoto({ id }) {
  const photo = await getPhoto(id)
  const bytes = await bytesOf(id)
  if (!bytes || photo.isDone) return
  let { told } = await call('/photos/' + id)
  for (let backs = 0; told.state === 'waiting'; ) {
    told = await postPiece(photo, bytes, told.received)
    if (told.isBack && ++backs > 3) throw new Busy()
    await notePhoto(id, { sent: told.received })
    for (const result of told.actions ?? []) await settle(result.id, outcome(result))
    tell('sending')
  }
  if (told.state === 'kept') await notePhoto(id, { isDone: true, sent: photo.size })
}

async function postPhotosOf(user, action) {
  try {
    for (const photo of action.photos) await postPhoto(photo)
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 403) throw error
    // The photo itself was refused: the sentence stands with its action, for the person to decide.
    return settle(action.id, { state: 'refused', code: error.problem.code ?? 'photo', sentence: error.message, field: 'photos' })
  }
  // With its last photo it has been acted on; if that was not told, it is asked for.
  const fresh = await getAction(action.id)
  if (fresh?.state === 'waiting') await post(user, [action])
  return undefined
}

/** Send all that is kept for whoever is signed in; throws what has stopped it. */
async function sendAll() {
  const user = await currentUser()
  const gone = new Set() // photos of these have been tried in this round
  for (;;) {
    const actions = await actionsOf(user)
    const batch = ready(actions).slice(0, BATCH)
    if (batch.length) {
      await post(user, batch)
      continue
    }
    const next = actions.find((action) => action.state === 'waiting' && !gone.has(action.id))
    if (!next) break
    gone.add(next.id)
    await postPhotosOf(user, next)
  }
}

const REASONS = [[NoAnswer, 'offline'], [SignedOut, 'signed-out'], [Busy, 'busy']]

/** Do one round of sending: fetch who we are and what is new, send, fetch again. Returns why it stopped, or ''. */
async function round(isAsked) {
  const before = (await actionsOf(await currentUser())).filter(isOpen)
  if (!before.length && !isAsked) return ''
  await putState('sending', Date.now())
  tell('sending')
  try {
    // Who is signed in now may be another person: only theirs is sent.
    const user = await fetchBundle()
    try {
      await sendAll()
    } catch (error) {
      const isStale = error instanceof Refused && (error.status === 403 || error.status === 409)
      if (!isStale) throw error
      await fetchBundle({ anew: true }) // signed in anew since: another token, perhaps another person
      await sendAll()
    }
    if (before.length) await fetchBundle()
    await tidy(user)
    await layBallast()
    return ''
  } catch (error) {
    const [, why] = REASONS.find(([kind]) => error instanceof kind) ?? [null, 'error']
    if (why === 'signed-out') await putState('signedOut', true)
    if (why === 'error') console.warn(error)
    await putState('why', error instanceof Busy ? error.message : '')
    return why
  } finally {
    await putState('sending', 0)
    tell('sent')
  }
}

const alone = (work) => (navigator.locks ? navigator.locks.request('tongxin-field-send', work) : work())
let queued

/** Send now, in this tab or after the one that is at it. Returns why it stopped: '' when all is through. */
export function send({ isAsked = false } = {}) {
  queued ??= alone(() => {
    queued = undefined
    return round(isAsked)
  })
  return queued
}

export const isSending = async () => Date.now() - ((await getState('sending')) ?? 0) < 60_000
