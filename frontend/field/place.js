// Where the phone is: once for an action, now and then for the track of somebody on duty.
import { metres } from './time.js'

const SOON = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 }
const SPARING = { enableHighAccuracy: false, timeout: 60_000, maximumAge: 0 }
const EVERY = 5 * 60_000
const FAR = 50

const placeOf = ({ coords, timestamp }) => ({
  lng: Number(coords.longitude.toFixed(6)), lat: Number(coords.latitude.toFixed(6)),
  accuracy: Math.round(coords.accuracy), at: new Date(timestamp).toISOString(),
})

let last

/** The place found last, if it is younger than ten minutes. */
export const lastPlace = (now = Date.now()) => (last && now - Date.parse(last.at) < 600_000 ? last : null)

/** Return {lng, lat, accuracy, at}; null when there is none to be had. Never keeps anybody waiting for long. */
export function findPlace() {
  return new Promise((done) => {
    if (!navigator.geolocation) return done(null)
    return navigator.geolocation.getCurrentPosition((found) => {
      last = placeOf(found)
      done(last)
    }, () => done(null), SOON)
  })
}

/** Whether a point is worth keeping: fifty metres or five minutes from the one before. */
export const isNews = (point, before) =>
  !before || Date.parse(point.at) - Date.parse(before.at) >= EVERY || metres(point, before) >= FAR

let watch

/** Watch the way, sparing the battery; `keep(point)` gets what is worth keeping. */
export function startWatching(keep) {
  if (watch !== undefined || !navigator.geolocation) return
  let before = null
  watch = navigator.geolocation.watchPosition((found) => {
    last = placeOf(found)
    if (!isNews(last, before)) return
    before = last
    keep(last)
  }, () => {}, SPARING)
}

export function stopWatching() {
  if (watch !== undefined) navigator.geolocation.clearWatch(watch)
  watch = undefined
}
