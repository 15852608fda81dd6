// On duty: said by the person, seen by the person; the way is noted only in between, and only after the notice was agreed to.
import { getState, isOpen, keepAction, putState } from './keep.js'
import { startWatching, stopWatching } from './place.js'
import { say } from '../js/page.js'

const FULL = 12 // points in one action
const keyOf = (user) => 'duty ' + user

/** Return {since, points, kept} while on duty, else null. */
export const dutyOf = async (user) => (user ? (await getState(keyOf(user))) ?? null : null)

async function keepPoints(user, duty) {
  if (!duty.points.length) return
  await keepAction({ user, kind: 'track', data: { points: duty.points }, title: say('巡查轨迹 {n} 个点', { n: duty.points.length }) })
}

// One after the other: two points that come at once must both be kept.
let line = Promise.resolve()
const inLine = (work) => {
  line = line.then(work, work)
  return line
}

const keep = (user) => (point) => inLine(async () => {
  const duty = await dutyOf(user)
  if (!duty) return stopWatching()
  if (point.at < duty.since) return undefined // a place that the phone remembered from before
  duty.points.push(point)
  duty.kept += 1
  if (duty.points.length >= FULL) {
    await keepPoints(user, duty)
    duty.points = []
  }
  return putState(keyOf(user), duty)
})

/** Begin duty; `version` is that of the notice if it has just been agreed to, '' if long ago. */
export async function startDuty(user, version) {
  if (version) await keepAction({ user, kind: 'notice.agree', data: { version }, title: say('同意位置告知') })
  const { at } = await keepAction({ user, kind: 'duty.start', title: say('上岗') })
  await putState(keyOf(user), { since: at, points: [], kept: 0 })
  startWatching(keep(user))
}

/** Take back the agreement to a version of the notice; duty, if it lasts, ends with it (PIPL Art. 15). */
export async function revoke(user, version) {
  if (await dutyOf(user)) await stopDuty(user)
  await keepAction({ user, kind: 'notice.revoke', data: { version }, title: say('撤回位置告知的同意') })
}

/** Take over what the house knows, when nothing of ours is on its way: begun on another phone, ended by time. */
export async function agree(user, isOnDuty, actions) {
  const isOurs = actions.some((action) => /^duty/.test(action.kind) && isOpen(action))
  const duty = await dutyOf(user)
  if (isOurs || Boolean(duty) === Boolean(isOnDuty)) return
  if (isOnDuty) await putState(keyOf(user), { since: isOnDuty.since, points: [], kept: 0 })
  else await stopDuty(user, { isTold: true })
}

/** End duty: nothing is noted any more, what was noted goes out. */
export function stopDuty(user, { isTold = false } = {}) {
  stopWatching()
  return inLine(async () => {
    const duty = await dutyOf(user)
    if (duty) await keepPoints(user, duty)
    await putState(keyOf(user), null)
    if (!isTold) await keepAction({ user, kind: 'duty.stop', title: say('下岗') })
  })
}

/** Go on watching after the app was opened again; stop if somebody else has the phone. */
export async function resumeDuty(user) {
  stopWatching()
  if (await dutyOf(user)) startWatching(keep(user))
}
