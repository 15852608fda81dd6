// The wall map: <div data-wall="URL of its JSON">. Tiles by district and street; the colour is the state,
// the character says it too, a mark in the corner says late. Asks again every half minute by the tag it holds.
// data-state buttons of the legend show one state alone; [data-wall-full] fills the screen.
import { announce, make } from './page.js'

const EVERY = 30_000

class Wall {
  constructor(element) {
    this.element = element
    this.board = element.querySelector('[data-wall-board]')
    this.only = new URLSearchParams(location.search).get('state') ?? ''
    this.tiles = new Map()
    this.tag = ''
    for (const key of element.querySelectorAll('.wall-key')) key.addEventListener('click', () => this.choose(key.dataset.state))
    document.querySelector('[data-wall-full]')?.addEventListener('click', () => this.fill())
    this.load()
    this.timer = setInterval(() => document.hidden || this.load(), EVERY)
  }

  async load() {
    try {
      const answer = await fetch(this.element.dataset.wall, { headers: this.tag ? { 'If-None-Match': this.tag } : {} })
      if (answer.status === 304) return
      if (!answer.ok) throw new Error(answer.statusText)
      this.tag = answer.headers.get('ETag') ?? ''
      this.show(await answer.json())
    } catch {
      if (!this.tiles.size) this.board.replaceChildren(make('p', { class: 'field-error', role: 'alert' }, this.element.dataset.failed))
    } finally {
      this.board.removeAttribute('aria-busy')
    }
  }

  show(data) {
    for (const [state, count] of Object.entries(data.counts)) {
      const place = this.element.querySelector(`[data-count="${state}"]`)
      if (place) place.textContent = count
    }
    const known = this.tiles.size
    if (!known) this.draw(data)
    else this.change(data)
    this.sift()
  }

  draw(data) {
    const board = document.createDocumentFragment()
    for (const [district, streets] of data.groups) {
      const box = make('section', { class: 'wall-district' })
      if (district) box.append(make('h2', {}, district))
      for (const [street, , places] of streets) {
        const list = make('ul', { class: 'wall-tiles' })
        for (const place of places) {
          const tile = make('a', { href: data.url.replace('{}', place[0]) })
          this.tiles.set(place[0], tile)
          this.paint(tile, place, data.states)
          list.append(make('li', {}, tile))
        }
        box.append(make('div', { class: 'wall-street' }, make('h3', {}, street), list))
      }
      board.append(box)
    }
    this.board.replaceChildren(board)
  }

  change(data) {
    for (const [, streets] of data.groups)
      for (const [, , places] of streets)
        for (const place of places) {
          const tile = this.tiles.get(place[0])
          if (!tile) {
            location.reload()
            return
          }
          this.paint(tile, place, data.states)
        }
  }

  /** A tile: [pk, name, state, late, short m², due, lng, lat, number]. */
  paint(tile, [, name, state, late, short, due, , , number], states) {
    const [code, symbol] = states[state]
    const look = `wall-tile is-${code}${late ? ' is-late' : ''}`
    if (tile.className === look && tile.dataset.due === due && tile.dataset.short === String(short)) return
    const words = this.element.dataset
    const label = this.element.querySelector(`.wall-key[data-state="${code}"]`)?.childNodes[1]?.textContent.trim() ?? code
    const notes = [name, label, late && words.late, short && `${words.short} ${short} m²`, due && `${words.due} ${due}`, number && `${number} ${words.number}`]
    tile.className = look
    Object.assign(tile.dataset, { state: code, late: late ? '1' : '', due, short })
    tile.title = notes.filter(Boolean).join(' · ')
    tile.setAttribute('aria-label', tile.title)
    tile.textContent = symbol
  }

  choose(state) {
    this.only = this.only === state ? '' : state
    const address = new URL(location.href)
    if (this.only) address.searchParams.set('state', this.only)
    else address.searchParams.delete('state')
    history.replaceState(null, '', address)
    this.sift()
  }

  sift() {
    for (const key of this.element.querySelectorAll('.wall-key')) key.setAttribute('aria-pressed', key.dataset.state === this.only)
    let shown = 0
    for (const tile of this.tiles.values()) {
      const fits = !this.only || (this.only === 'late' ? tile.dataset.late === '1' : tile.dataset.state === this.only)
      tile.classList.toggle('is-dim', !fits)
      shown += fits
    }
    if (this.only) announce(String(shown))
  }

  async fill() {
    if (document.fullscreenElement) return document.exitFullscreen()
    return document.documentElement.requestFullscreen?.().catch(() => {})
  }
}

document.addEventListener('fullscreenchange', () => document.body.classList.toggle('is-full', Boolean(document.fullscreenElement)))

export const drawWall = (element) => new Wall(element)
