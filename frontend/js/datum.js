// WGS-84 (GPS, our data) ↔ GCJ-02 (tiles drawn in China). Offsets are metres-accurate; outside China nothing moves.
const AXIS = 6378245
const ECCENTRICITY = 0.006693421622965943
const { PI, sin, cos, sqrt, abs } = Math

const outside = (lng, lat) => lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271

const ripple = (value) => (20 * sin(6 * value * PI) + 20 * sin(2 * value * PI)) * (2 / 3)
const wave = (value) => (20 * sin(value * PI) + 40 * sin((value / 3) * PI)) * (2 / 3)

function shift(lng, lat) {
  const x = lng - 105
  const y = lat - 35
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple(x) + wave(y) +
    ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple(x) + wave(x) +
    ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  const phi = (lat / 180) * PI
  const bend = 1 - ECCENTRICITY * sin(phi) ** 2
  return [
    (east * 180) / ((AXIS / sqrt(bend)) * cos(phi) * PI),
    (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (bend * sqrt(bend))) * PI),
  ]
}

export function toGcj([lng, lat]) {
  if (outside(lng, lat)) return [lng, lat]
  const [east, north] = shift(lng, lat)
  return [lng + east, lat + north]
}

export function toWgs([lng, lat]) {
  let guess = [lng, lat]
  for (let round = 0; round < 3; round++) {
    const [east, north] = toGcj(guess)
    guess = [guess[0] + lng - east, guess[1] + lat - north]
  }
  return guess
}
