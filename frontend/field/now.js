// What the screens stand on: read from the phone's own store, never straight from the network.
import { kept } from './bundle.js'
import { dutyOf } from './duty.js'
import { actionsOf, currentUser, getState, isOpen, isStuck } from './keep.js'
import { isSending as sendingNow } from './sender.js'

export const now = {
  user: null, bundle: null, bundleAt: 0, skew: 0, actions: [], duty: null, isSignedOut: false, isSending: false, why: '', told: '', waitingApp: null,
}

/** Read everything anew. */
export async function refresh() {
  const user = await currentUser()
  const [lies, actions, duty, signedOut, sending, told] = await Promise.all([kept(user), actionsOf(user), dutyOf(user), getState('signedOut'), sendingNow(), getState('why')])
  Object.assign(now, {
    user: user ?? null, bundle: lies?.bundle ?? null, bundleAt: lies?.at ?? 0, skew: lies?.skew ?? 0, actions, duty,
    isSignedOut: Boolean(signedOut), isSending: sending, told: told ?? '',
  })
  return now
}

export const open = () => now.actions.filter(isOpen)
export const stuck = () => now.actions.filter(isStuck)

/** The actions of this phone about an order or a visit that the bundle does not know of yet. */
export const mine = (type, id) => now.actions.filter((action) => action.about?.type === type && action.about.id === id
  && action.state !== 'refused' && action.state !== 'withdrawn' && (isOpen(action) || action.state === 'conflict' || action.keptAt > now.bundleAt))

export const visitOf = (id) => now.bundle?.visits?.find((visit) => visit.id === id)
export const orderOf = (id) => now.bundle?.orders?.find((order) => order.id === id)

/** The checklist of a visit: each is told once, however many visits go by it. */
export const checklistOf = (visit) => visit.checklist
  ?? now.bundle?.checklists?.find((list) => list.code === visit.checklist_code && list.version === visit.checklist_version) ?? null
