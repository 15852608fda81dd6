// Times and distances as people say them.
import { say } from '../js/page.js'

const two = (number) => String(number).padStart(2, '0')
const DAY = 86_400_000
const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()

export const clockOf = (date) => two(date.getHours()) + ':' + two(date.getMinutes())

/** 「今天」「昨天」「明天」 or 「11月3日」. */
export function day(value, now = new Date()) {
  const date = new Date(value)
  const apart = Math.round((dayOf(date) - dayOf(now)) / DAY)
  if (apart === 0) return say('今天')
  if (apart === -1) return say('昨天')
  if (apart === 1) return say('明天')
  return say('{month}月{day}日', { month: date.getMonth() + 1, day: date.getDate() })
}

export const moment = (value, now = new Date()) => day(value, now) + ' ' + clockOf(new Date(value))

/** How long ago, in words: 「刚刚」「5 分钟前」「3 小时前」「2 天前」. */
export function ago(ms) {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 2) return say('刚刚')
  if (minutes < 90) return say('{n} 分钟前', { n: minutes })
  if (minutes < 36 * 60) return say('{n} 小时前', { n: Math.round(minutes / 60) })
  return say('{n} 天前', { n: Math.round(minutes / 1440) })
}

/** Metres between two points {lng, lat}; exact enough for a walk. */
export function metres(one, other) {
  const radians = Math.PI / 180
  const x = (other.lng - one.lng) * radians * Math.cos(((one.lat + other.lat) / 2) * radians)
  const y = (other.lat - one.lat) * radians
  return Math.hypot(x, y) * 6_371_000
}

export const distance = (far) => (far < 1000 ? say('{n} 米', { n: Math.round(far / 10) * 10 }) : say('{n} 公里', { n: (far / 1000).toFixed(1) }))
export const size = (bytes) => (bytes < 1_048_576 ? Math.max(1, Math.round(bytes / 1024)) + ' KB' : (bytes / 1_048_576).toFixed(1) + ' MB')
