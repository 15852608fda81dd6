// What the house gives a phone for some days without a network: fetched whole, kept by person.
import { tell } from './bus.js'
import { currentUser, deviceId, getAction, getState, putState, settle } from './keep.js'
import { call, SignedOut } from './net.js'

export const KEPT_DAYS = 7

/** Return {bundle, etag, at, skew} of a person as it lies on this phone, or undefined. */
export const kept = (user) => (user ? getState('bundle ' + user) : undefined)

/** What became of an action, as the phone keeps it. */
export const outcome = ({ state, code = '', sentence = '', field = '', about = null }) =>
  ({ state: code === 'withdrawn' ? 'withdrawn' : state, code, sentence, field, link: about })

/** Take over what the house knows of actions that this phone still holds to be on their way. */
async function reconcile(results = []) {
  for (const result of results) {
    const action = await getAction(result.id)
    if (action && (action.state === 'waiting' || action.state === 'conflict') && action.state !== result.state) await settle(result.id, outcome(result))
  }
}

/**
 * Fetch the bundle; with `anew` even if nothing has changed (the CSRF token may have).
 * Returns the id of whoever is signed in.
 * @throws {NoAnswer|SignedOut|Busy|Refused}
 */
export async function fetchBundle({ anew = false } = {}) {
  const known = await kept(await currentUser())
  const headers = known && !anew ? { 'If-None-Match': known.etag } : {}
  let reply
  try {
    reply = await call('/bundle?device=' + await deviceId(), { headers })
  } catch (error) {
    if (error instanceof SignedOut) await putState('signedOut', true)
    tell('bundle')
    throw error
  }
  const { answer, told } = reply
  const at = Date.now()
  if (!told) {
    await putState('bundle ' + known.bundle.user.id, { ...known, at })
    await putState('signedOut', false)
    tell('bundle')
    return known.bundle.user.id
  }
  const user = told.user.id
  const skew = Math.round((at - Date.parse(told.server_time)) / 1000)
  await putState('bundle ' + user, { bundle: told, etag: answer.headers.get('ETag') ?? '', at, skew })
  await putState('csrf', told.csrf)
  await putState('user', user)
  await putState('signedOut', false)
  await reconcile(told.results)
  tell('bundle')
  return user
}
