// Leaflet, loaded only where there is a map: the field, and picking one place.
import 'leaflet/dist/leaflet.css'
import L from 'leaflet'
import { toGcj, toWgs } from '../js/datum.js'
import { say, token } from '../js/page.js'
import { button, el, icon, toast } from './dom.js'
import { findPlace, lastPlace } from './place.js'
import { stateOf } from './screens/today.js'

class Ground {
  constructor(box, bundle) {
    const { tiles, datum, credit } = document.body.dataset
    this.isGcj = Boolean(tiles) && datum === 'gcj02'
    this.map = L.map(box, { zoomControl: false, attributionControl: Boolean(credit && tiles), zoomSnap: 0.5, maxZoom: 19 })
    this.map.attributionControl?.setPrefix('')
    L.control.zoom({ position: 'topright', zoomInTitle: say('放大'), zoomOutTitle: say('缩小') }).addTo(this.map)
    if (tiles) L.tileLayer(tiles, { attribution: credit ?? '', maxZoom: 19 }).addTo(this.map)
    this.addGrids(bundle.grids ?? [], Boolean(tiles))
  }

  latlng({ lng, lat }) {
    const [x, y] = this.isGcj ? toGcj([lng, lat]) : [lng, lat]
    return L.latLng(y, x)
  }

  place({ lat, lng }) {
    const [x, y] = this.isGcj ? toWgs([lng, lat]) : [lng, lat]
    return { lng: Number(x.toFixed(6)), lat: Number(y.toFixed(6)) }
  }

  addGrids(grids, hasTiles) {
    const shapes = grids.filter((grid) => grid.polygon).map((grid) => ({ type: 'Feature', properties: { name: grid.name }, geometry: grid.polygon }))
    this.grids = L.geoJSON({ type: 'FeatureCollection', features: shapes }, {
      coordsToLatLng: ([lng, lat]) => this.latlng({ lng, lat }), interactive: false,
      style: { color: token('accent'), weight: 2.5, fillColor: token('surface'), fillOpacity: hasTiles ? 0.15 : 1 },
    }).addTo(this.map)
    this.map.setView([39, 117.7], 12, { animate: false })
    if (shapes.length) this.map.fitBounds(this.grids.getBounds(), { padding: [24, 24], animate: false })
    this.map.createPane('names').style.zIndex = '450' // above the outlines, below the pins
    this.grids.eachLayer((shape) => shape.bindTooltip(shape.feature.properties.name, { permanent: true, direction: 'center', className: 'map-name', pane: 'names' }))
  }

  async showMe({ isQuiet = false } = {}) {
    const place = await findPlace()
    if (!place) return isQuiet || toast(say('没有取得位置，请在地图上点选'), 'late')
    const at = this.latlng(place)
    this.me?.remove()
    this.me = L.layerGroup([
      L.circle(at, { radius: place.accuracy, color: token('working-solid'), weight: 1, fillOpacity: 0.12, interactive: false }),
      L.circleMarker(at, { radius: 9, color: '#fff', weight: 3, fillColor: token('working-solid'), fillOpacity: 1, interactive: false }),
    ]).addTo(this.map)
    if (!isQuiet) this.map.setView(at, 16)
    return place
  }
}

const pin = (tone, words) => L.divIcon({ className: '', html: el('span', { class: 'pin tone-' + tone }, el('b', {}, words)).outerHTML, iconSize: [36, 44], iconAnchor: [18, 42], popupAnchor: [0, -40] })

const popup = (thing, href, words) => el('div', { class: 'popup' }, el('strong', {}, thing.title), el('p', {}, words), el('a', { class: 'big quiet', href }, icon('right'), el('span', {}, say('打开'))))

/** Draw the grids, the round in its order, the orders in hand; return {showMe, remove}. */
export function drawField(box, bundle, target) {
  const ground = new Ground(box, bundle)
  const points = []
  const add = (thing, tone, words, href, note) => {
    if (!thing.lng) return
    const marker = L.marker(ground.latlng(thing), { icon: pin(tone, words), title: thing.title, alt: thing.title }).addTo(ground.map)
    marker.bindPopup(popup(thing, href, note))
    points.push(marker.getLatLng())
    if (target?.id === thing.id) {
      ground.map.setView(marker.getLatLng(), 16, { animate: false })
      marker.openPopup()
    }
  }
  const visits = (bundle.visits ?? []).filter((visit) => stateOf(visit) !== 'done')
  visits.forEach((visit, index) => add(visit, 'accent', String(index + 1), '#/visits/' + visit.id, [visit.kind_label, visit.place_name].filter(Boolean).join(' · ')))
  for (const order of bundle.orders ?? []) add(order, 'working', say('单'), '#/orders/' + order.id, order.step_label)
  if (!target && points.length) ground.map.fitBounds(L.latLngBounds(points), { padding: [48, 48], maxZoom: 16, animate: false })
  if (lastPlace()) ground.showMe({ isQuiet: true })
  box.dataset.ready = ''
  return { showMe: () => ground.showMe(), remove: () => ground.map.remove() }
}

/** Let somebody move the pin; resolves to {lng, lat, accuracy: 0, at} or null. */
export function pickPlace(bundle, from) {
  return new Promise((done) => {
    const box = el('div', { class: 'map', role: 'application', 'aria-label': say('拖动地图，让针尖对准地方') })
    const finish = (place) => {
      ground.map.remove()
      dialog.close()
      dialog.remove()
      done(place)
    }
    const dialog = el('dialog', { class: 'sheet tall', 'aria-labelledby': 'pick-title', oncancel: () => finish(null) },
      el('div', { class: 'sheet-head' }, el('h2', { id: 'pick-title' }, say('拖动地图，让针尖对准地方')),
        el('button', { type: 'button', class: 'round', 'aria-label': say('关闭'), onclick: () => finish(null) }, icon('cross'))),
      el('div', { class: 'pick-map' }, box, el('span', { class: 'pin tone-accent aim', 'aria-hidden': 'true' }, el('b', {}, '')),
        el('button', { type: 'button', class: 'round float', 'aria-label': say('用我的位置'), onclick: () => ground.showMe() }, icon('gps'))),
      button(say('就是这里'), 'check', () => finish({ ...ground.place(ground.map.getCenter()), accuracy: 0, at: new Date().toISOString() }), { tone: 'primary' }))
    document.body.append(dialog)
    dialog.showModal()
    const ground = new Ground(box, bundle)
    if (from) ground.map.setView(ground.latlng(from), 17, { animate: false })
    box.dataset.ready = ''
  })
}
