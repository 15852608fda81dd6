// A list and beside it what was chosen: <div data-panes> holding rows with data-row and <section data-pane data-path>,
// the address of a case with zeros for its id. Only where both fit; on a phone a link is a link.
import htmx from 'htmx.org'
import { announce, each, say } from './page.js'

const ZERO = '00000000-0000-0000-0000-000000000000'

const wide = () => matchMedia('(min-width: 62rem)').matches

/** What came with the list but stands elsewhere on the page: <div data-lift="id of its place">. */
function lift(panes) {
  for (const piece of panes.querySelectorAll('[data-lift]')) {
    document.getElementById(piece.dataset.lift)?.replaceChildren(...piece.childNodes)
    piece.remove()
  }
}

function mountPanes(panes) {
  const pane = panes.querySelector('[data-pane]')
  const empty = pane.innerHTML
  let shown = ''

  const mark = () => {
    for (const row of panes.querySelectorAll('[data-row]')) {
      if (row.dataset.row === shown) row.setAttribute('aria-current', 'true')
      else row.removeAttribute('aria-current')
    }
  }
  const fill = (html) => {
    pane.innerHTML = html
    htmx.process(pane)
    document.dispatchEvent(new CustomEvent('tx:added', { detail: pane }))
  }
  const open = async (id) => {
    const path = pane.dataset.path.replace(ZERO, encodeURIComponent(id))
    shown = id
    mark()
    pane.setAttribute('aria-busy', 'true')
    try {
      const next = encodeURIComponent(location.pathname + location.search)
      const answer = await fetch(`${path}?pane=1&next=${next}`, { headers: { 'HX-Request': 'true' } })
      if (shown !== id) return
      if (!answer.ok || answer.redirected) return location.assign(path)
      fill(await answer.text())
      pane.scrollTop = 0
      announce(say('已打开：{title}', { title: pane.querySelector('h2')?.textContent ?? '' }))
    } catch {
      pane.textContent = say('没有网络，请稍后再打开')
    } finally {
      pane.removeAttribute('aria-busy')
    }
    return undefined
  }
  const follow = () => {
    const id = new URLSearchParams(location.search).get('case')
    if (id) return open(id)
    shown = ''
    pane.innerHTML = empty
    return mark()
  }

  panes.addEventListener('click', (event) => {
    const link = event.target.closest('[data-row] a')
    if (!link || !wide() || event.ctrlKey || event.metaKey || event.shiftKey || pane.contains(link)) return
    event.preventDefault()
    const url = new URL(location.href)
    url.searchParams.set('case', link.closest('[data-row]').dataset.row)
    history.pushState({}, '', url)
    follow()
  })
  panes.addEventListener('tx:renewed', () => {
    lift(panes)
    mark()
  })
  addEventListener('popstate', () => wide() && panes.isConnected && follow())
  if (wide() && new URLSearchParams(location.search).get('case')) follow()
}

export function mount(root) {
  each(root, '[data-panes]', mountPanes)
}
