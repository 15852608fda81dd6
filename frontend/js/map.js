// Maps: <div data-map …>. Polygons and clusters need no tiles; a tile address is an option.
// Attributes (all optional), data in WGS-84:
//   data-geojson="URL" or data-geojson-id="id of a json_script"   areas; properties: name, url, and the figure below
//   data-shade="property"  data-unit="件"                          choropleth by that property, with a legend
//   data-points="URL" or data-points-id="id"                      [{lng, lat, title, url, tone, char}], clustered
//   data-map-pick="ID_OF_LNG ID_OF_LAT"                           pick a place: writes two hidden inputs
//   data-tiles="URL with {x}{y}{z}{s}"  data-datum="gcj02|wgs84"  data-credit="© …"
import 'leaflet/dist/leaflet.css'
import 'leaflet.markercluster/dist/MarkerCluster.css'
import L from 'leaflet'
import 'leaflet.markercluster'
import gps from '@tabler/icons/outline/current-location.svg?raw'
import pinpoint from '@tabler/icons/outline/focus-2.svg?raw'
import { toGcj, toWgs } from './datum.js'
import { announce, draw, make, say, token } from './page.js'

const CLASSES = 5

async function read(element, name) {
  const id = element.dataset[`${name}Id`]
  if (id) return JSON.parse(document.getElementById(id).textContent)
  const url = element.dataset[name]
  if (!url) return null
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(answer.statusText)
  return answer.json()
}

/** Return upper bounds of at most five classes with about the same number of values in each. */
export function breaksOf(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
  return [...new Set(Array.from({ length: CLASSES }, (_, index) => at((index + 1) / CLASSES)))]
}

class Chart {
  constructor(element) {
    this.element = element
    this.gcj = element.dataset.tiles && (element.dataset.datum ?? 'gcj02') === 'gcj02'
    this.map = L.map(element, { zoomControl: false, attributionControl: Boolean(element.dataset.credit), zoomSnap: 0.5, maxZoom: 19 })
    this.map.attributionControl?.setPrefix('')
    L.control.zoom({ position: 'topright', zoomInTitle: say('放大'), zoomOutTitle: say('缩小') }).addTo(this.map)
    if (element.dataset.tiles) L.tileLayer(element.dataset.tiles, { attribution: element.dataset.credit ?? '', maxZoom: 19 }).addTo(this.map)
    else element.classList.add('map-plain')
    this.map.setView(this.latlng([117.7, 38.99]), 11)
  }

  latlng([lng, lat]) {
    const [x, y] = this.gcj ? toGcj([lng, lat]) : [lng, lat]
    return L.latLng(y, x)
  }

  lnglat({ lat, lng }) {
    return this.gcj ? toWgs([lng, lat]) : [lng, lat]
  }

  addAreas(data) {
    const property = this.element.dataset.shade
    const values = property ? data.features.map((area) => area.properties[property]).filter(Number.isFinite) : []
    const breaks = breaksOf(values)
    const shade = (value) => {
      if (!Number.isFinite(value)) return token('surface')
      const rank = breaks.findIndex((bound) => value <= bound)
      return token(`ramp-${breaks.length > 1 ? 1 + Math.round((rank * (CLASSES - 1)) / (breaks.length - 1)) : 3}`)
    }
    const style = (area) => ({
      color: token(property ? 'surface' : 'line-strong'), weight: property ? 1.5 : 1.25,
      fillColor: property ? shade(area.properties[property]) : token('surface'),
      fillOpacity: this.element.dataset.tiles ? 0.55 : 1,
    })
    const layer = L.geoJSON(data, {
      style,
      coordsToLatLng: (coordinates) => this.latlng(coordinates),
      onEachFeature: (area, shape) => this.addArea(area, shape, property),
    }).addTo(this.map)
    if (data.features.length) this.map.fitBounds(layer.getBounds(), { padding: [12, 12], animate: false })
    this.addNames(layer)
    if (values.length) this.addLegend(breaks, Math.min(...values), shade)
  }

  /** Write the name into every area that has room for it. */
  addNames(layer) {
    const names = L.layerGroup().addTo(this.map)
    const show = () => {
      names.clearLayers()
      const view = this.map.getBounds()
      layer.eachLayer((shape) => {
        const bounds = shape.getBounds()
        const { name } = shape.feature.properties
        if (!name || !view.intersects(bounds)) return
        const from = this.map.latLngToLayerPoint(bounds.getNorthWest())
        const to = this.map.latLngToLayerPoint(bounds.getSouthEast())
        if (to.x - from.x < name.length * 14 + 12 || to.y - from.y < 28) return
        const label = { permanent: true, direction: 'center', className: 'map-name', interactive: false }
        names.addLayer(L.tooltip(label).setLatLng(bounds.getCenter()).setContent(make('span', {}, name)))
      })
    }
    this.map.on('moveend', show)
    show()
  }

  addArea({ properties }, shape, property) {
    const unit = this.element.dataset.unit ?? ''
    const value = property && Number.isFinite(properties[property]) ? ` ${properties[property]} ${unit}` : ''
    if (properties.name) shape.bindTooltip(`${properties.name}${value}`, { sticky: true })
    shape.on({
      mouseover: () => shape.setStyle({ weight: 3, color: token('ink') }).bringToFront(),
      mouseout: () => shape.setStyle({ weight: property ? 1.5 : 1.25, color: token(property ? 'surface' : 'line-strong') }),
    })
    if (properties.url && !this.element.dataset.mapPick) shape.on('click', () => location.assign(properties.url))
  }

  addLegend(breaks, lowest, shade) {
    if (breaks.every((bound) => bound === lowest)) return // every place has the same value: nothing to tell apart
    const rows = breaks.map((bound, index) => {
      const from = index ? breaks[index - 1] : lowest
      const box = make('i', { style: `background:${shade(bound)}` })
      return make('li', {}, box, from === bound ? `${bound}` : `${from}–${bound}`)
    })
    const words = [this.element.dataset.legend, this.element.dataset.unit && `（${this.element.dataset.unit}）`].filter(Boolean).join('')
    this.element.after(make('ul', { class: 'map-legend' }, make('li', {}, make('b', {}, words)), ...rows))
  }

  addPoints(points) {
    const clusters = L.markerClusterGroup({
      showCoverageOnHover: false, maxClusterRadius: 48, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      iconCreateFunction: (cluster) => L.divIcon({ className: 'map-cluster', html: String(cluster.getChildCount()), iconSize: [40, 40] }),
    })
    for (const point of points) {
      const marker = L.marker(this.latlng([point.lng, point.lat]), { icon: pin(point.tone, point.char), title: point.title, alt: point.title, keyboard: Boolean(point.url) })
      const words = make('div', {}, make(point.url ? 'a' : 'b', point.url ? { href: point.url } : {}, point.title))
      if (point.note) words.append(make('div', { class: 'quiet' }, point.note))
      marker.bindPopup(words)
      clusters.addLayer(marker)
    }
    clusters.addTo(this.map)
    if (points.length && !this.element.dataset.geojson && !this.element.dataset.geojsonId) {
      this.map.fitBounds(clusters.getBounds(), { padding: [32, 32], maxZoom: 16 })
    }
  }
}

const pin = (tone = 'waiting', char = '') => {
  const box = make('span', { class: `map-pin tone-${tone}` }, make('b', {}, char))
  return L.divIcon({ className: '', html: box.outerHTML, iconSize: [32, 40], iconAnchor: [16, 38], popupAnchor: [0, -36] })
}

class Picker {
  constructor(chart, ids) {
    this.chart = chart
    this.inputs = ids.split(' ').map((id) => document.getElementById(id))
    this.words = make('p', { class: 'map-words', role: 'status' }, say('拖动或点地图可以改位置'))
    this.bar = make('div', { class: 'btn-row map-buttons' },
      this.button(gps, '用我的位置', () => this.locate()), this.button(pinpoint, '以地图中心为准', () => this.put(chart.map.getCenter())))
    chart.element.after(this.bar, this.words)
    chart.map.on('click', ({ latlng }) => this.put(latlng))
    this.fromInputs()
    for (const type of ['tx:restored', 'tx:placed']) this.inputs[0].form?.addEventListener(type, () => this.fromInputs())
  }

  button(icon, words, act) {
    const button = make('button', { type: 'button', class: 'btn' }, draw(icon), say(words))
    button.addEventListener('click', act)
    return button
  }

  fromInputs() {
    const [lng, lat] = this.inputs.map((input) => Number.parseFloat(input.value))
    if (!Number.isFinite(lng) || !Number.isFinite(lat)) {
      this.marker?.remove()
      this.marker = undefined
      return
    }
    this.mark(this.chart.latlng([lng, lat]))
    const near = this.chart.element.dataset.tiles ? 16 : 14
    this.chart.map.setView(this.chart.latlng([lng, lat]), Math.max(near, this.chart.map.getZoom()), { animate: false })
  }

  mark(latlng) {
    if (!this.marker) {
      this.marker = L.marker(latlng, { icon: pin('pick'), draggable: true, autoPan: true, keyboard: false, alt: say('位置已选定') }).addTo(this.chart.map)
      this.marker.on('dragend', () => this.put(this.marker.getLatLng()))
    }
    this.marker.setLatLng(latlng)
  }

  /** Write the point, and how exact it is (m) if a third field asks, into the fields. */
  put(latlng, words = say('位置已选定'), accuracy = undefined) {
    this.circle?.remove()
    this.mark(latlng)
    const place = [...this.chart.lnglat(latlng), accuracy]
    this.inputs.forEach((input, index) => {
      input.value = place[index]?.toFixed(6) ?? ''
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })
    this.words.textContent = words
  }

  locate() {
    const failed = () => {
      this.words.textContent = say('没有取得位置，请在地图上点选')
      announce(this.words.textContent)
    }
    if (!navigator.geolocation) return failed()
    return navigator.geolocation.getCurrentPosition(({ coords }) => {
      const latlng = this.chart.latlng([coords.longitude, coords.latitude])
      this.put(latlng, say('已定位，误差约 {n} 米', { n: Math.round(coords.accuracy) }), coords.accuracy)
      this.circle = L.circle(latlng, { radius: coords.accuracy, color: token('working-solid'), weight: 1, fillOpacity: 0.12 }).addTo(this.chart.map)
      this.chart.map.setView(latlng, 17)
    }, failed, { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 })
  }
}

export async function drawMap(element) {
  element.replaceChildren()
  const chart = new Chart(element)
  try {
    const [areas, points] = await Promise.all([read(element, 'geojson'), read(element, 'points')])
    if (areas) chart.addAreas(areas)
    if (points) chart.addPoints(points)
  } catch {
    element.after(make('p', { class: 'field-error', role: 'alert' }, say('地图没有打开，请用下面的列表')))
  }
  if (element.dataset.mapPick) new Picker(chart, element.dataset.mapPick)
  new ResizeObserver(() => chart.map.invalidateSize()).observe(element)
  element.dataset.ready = ''
}
