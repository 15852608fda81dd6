// Speaking with the house: no answer, signed out, busy and refused are four different things.
import { getState } from './keep.js'

export const DOOR = '/api/v1/field'
const PATIENCE = 45_000

/** No answer: no network, or one so slow that it comes to the same. */
export class NoAnswer extends Error {}
/** Nobody is signed in, or somebody else than whose things are being sent. */
export class SignedOut extends Error {}
/** The house asks to come back later; the message is its sentence, if it gave one. */
export class Busy extends Error {}
/** The house has said no: `problem` is its problem+json. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || String(status))
    this.status = status
    this.problem = problem ?? {}
  }
}

async function ask(path, { method = 'GET', body, headers = {} }) {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), PATIENCE)
  try {
    return await fetch(DOOR + path, { method, body, headers, signal: stop.signal, credentials: 'same-origin', cache: 'no-store' })
  } catch {
    throw new NoAnswer()
  } finally {
    clearTimeout(timer)
  }
}

/** Return what the house answers to a call, read as JSON; null for 304 and 204. */
export async function call(path, options = {}) {
  const isWrite = options.method && options.method !== 'GET'
  const csrf = isWrite ? await getState('csrf') : ''
  const headers = { Accept: 'application/json', ...(csrf ? { 'X-CSRFToken': csrf } : {}), ...options.headers }
  const answer = await ask(path, { ...options, headers })
  if (answer.status === 304 || answer.status === 204) return { answer, told: null }
  const told = await answer.json().catch(() => null)
  if (answer.ok && told) return { answer, told }
  if (answer.ok) throw new NoAnswer() // a page of some network that wants to be signed in to first
  if (answer.status === 401) throw new SignedOut()
  if (answer.status === 429 || answer.status >= 500) throw new Busy(answer.status === 429 ? told?.detail ?? '' : '')
  throw new Refused(answer.status, told)
}
