// The wall map: <div data-wall="URL of its JSON">. Tiles by district and street; the colour is the state,
// the character says it too, a mark in the corner says late. Asks again every half minute by the tag it holds.
// data-state buttons of the legend show one state alone; [data-wall-full] fills the screen. There, and on
// paper (A3), the board is set as large as fits in one piece: with names if there is room, else by its signs alone.
import { announce, make } from './page.js'

const EVERY = 30_000
const FEW = 240 // tiles that carry their names on a desk's own page
const NAMED = 900 // and at most on a wall: more of them could not be read
const PAPER = { width: 1512, height: 1047, named: 8, signs: 6 } // A3 in CSS pixels within 10 mm; least sizes of type
const SCREEN = { named: 12, signs: 9 }
const MOST = 30 // px: no tile is made larger than this

class Wall {
  constructor(element) {
    this.element = element
    this.board = element.querySelector('[data-wall-board]')
    this.only = new URLSearchParams(location.search).get('state') ?? ''
    this.tiles = new Map()
    this.tag = ''
    for (const key of element.querySelectorAll('.wall-key')) key.addEventListener('click', () => this.choose(key.dataset.state))
    document.querySelector('[data-wall-full]')?.addEventListener('click', () => this.fill())
    addEventListener('beforeprint', () => this.onPaper())
    addEventListener('afterprint', () => this.loosen())
    document.addEventListener('fullscreenchange', () => this.onScreen())
    addEventListener('resize', () => document.fullscreenElement && this.onScreen())
    this.load()
    this.timer = setInterval(() => document.hidden || this.load(), EVERY)
  }

  async load() {
    try {
      const answer = await fetch(this.element.dataset.wall, { headers: this.tag ? { 'If-None-Match': this.tag } : {} })
      if (answer.ok || answer.status === 304) this.stamp()
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
    if (document.fullscreenElement) this.onScreen()
    else this.loosen()
  }

  stamp() {
    const place = this.element.querySelector('[data-wall-at]')
    const time = new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit' })
    if (place) place.textContent = `${this.element.dataset.updated} ${time}`
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
    // Without the word that all of them end in; what is long stands smaller, in two lines.
    tile.dataset.name = name.replace(/(?<=..)(社区|村)(居委会|村委会)?$/, '')
    tile.toggleAttribute('data-long', tile.dataset.name.length > 5)
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

  loosen() {
    document.body.classList.remove('is-full', 'is-paper')
    this.dress({ named: this.tiles.size <= FEW })
  }

  onScreen() {
    const full = Boolean(document.fullscreenElement)
    const button = document.querySelector('[data-wall-full]')
    if (button) button.lastChild.textContent = full ? button.dataset.leave : button.dataset.wallFull
    if (!full) return this.loosen()
    document.body.classList.add('is-full')
    const { top } = this.board.getBoundingClientRect()
    return this.fit(innerHeight - top - scrollY - 24, SCREEN)
  }

  onPaper() {
    document.body.classList.remove('is-full')
    document.body.classList.add('is-paper')
    this.board.style.width = `${PAPER.width}px`
    const head = 130 // title, figures and legend, as print.css sets them
    this.fit(PAPER.height - head, PAPER)
    this.board.style.width = ''
  }

  /** Set the board as large as goes into a height: names before signs, then size, then few columns. */
  fit(height, least) {
    const tries = []
    for (const named of this.tiles.size <= NAMED ? [true, false] : [false]) {
      for (const columns of [1, 2, 3, 4]) {
        const size = this.largest(height, { named, columns }, named ? least.named : least.signs)
        if (size) tries.push({ named, columns, size })
      }
      if (tries.length) break
    }
    tries.sort((a, b) => b.size - a.size || a.columns - b.columns)
    this.dress(tries[0] ?? { named: false, columns: 2, size: least.signs })
  }

  /** The largest size of type at which the board is no higher than this; 0 if none is. */
  largest(height, look, least) {
    let [low, high, found] = [least, MOST, 0]
    while (low <= high) {
      const size = Math.floor((low + high) / 2)
      this.dress({ ...look, size })
      if (this.board.scrollHeight <= height && this.board.scrollWidth <= this.board.clientWidth) [found, low] = [size, size + 1]
      else high = size - 1
    }
    return found
  }

  dress({ named, columns = 1, size = 0 }) {
    this.board.classList.toggle('is-named', Boolean(named))
    this.board.style.columnCount = columns > 1 ? columns : ''
    this.board.style.setProperty('--wall', size ? `${size}px` : '')
  }

  async fill() {
    if (document.fullscreenElement) return document.exitFullscreen()
    return document.documentElement.requestFullscreen?.().catch(() => {})
  }
}

export const drawWall = (element) => new Wall(element)
