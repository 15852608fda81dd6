import './tabler.scss'
import './tokens.css'
import './css/base.css'
import './css/dots.css'
import './css/layout.css'
import './css/components.css'
import './css/widgets.css'
import './css/print.css'
import './css/accounts.css'
import './css/phone.css'
import './css/desk.css'
import './css/sheets.css'
import './css/meetings.css'
import './css/dual_report.css'
import './css/affairs.css'
import './css/secretaries.css'
import './css/units.css'
import './css/routing.css'
import './css/hotline.css'
import './css/searching.css'
import './css/open311.css'
import './css/mailbox.css'
import './css/standards.css'
import './css/matters.css'
import './css/texts.css'
import './css/dispatching.css'
import './css/fieldwork.css'
import './css/mobile.css'
import './css/documents.css'
import './css/projects.css'
import './css/funds.css'
import './css/alliances.css'
import './css/centres.css'
import './css/renovation.css'
import htmx from 'htmx.org'
import * as bulk from './js/bulk.js'
import * as compare from './js/compare.js'
import * as dialog from './js/dialog.js'
import * as drafts from './js/drafts.js'
import * as asked from './js/asked.js'
import * as fields from './js/fields.js'
import * as fieldwork from './js/fieldwork.js'
import * as groups from './js/groups.js'
import * as hotline from './js/hotline.js'
import * as keys from './js/keys.js'
import * as live from './js/live.js'
import * as locate from './js/locate.js'
import * as outbox from './js/outbox.js'
import { each, say } from './js/page.js'
import * as pane from './js/pane.js'
import * as photos from './js/photos.js'
import * as toasts from './js/toast.js'

Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, scrollIntoViewOnBoost: false })

/** Load a heavy module only where a page has something for it, when it comes into view. */
function lazily(root, selector, load) {
  each(root, selector, (element) => {
    const watcher = new IntersectionObserver((seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return
      watcher.disconnect()
      load(element)
    }, { rootMargin: '200px' })
    watcher.observe(element)
  })
}

function mount(root) {
  for (const module of [toasts, photos, drafts, locate, outbox, fields, asked, fieldwork, live, bulk, compare, groups, pane, hotline]) module.mount(root)
  lazily(root, '[data-map]', async (element) => (await import('./js/map.js')).drawMap(element))
  lazily(root, '[data-wall]', async (element) => (await import('./js/wall.js')).drawWall(element))
  lazily(root, '[data-chart]', async (element) => (await import('./js/chart.js')).drawChart(element))
}

document.documentElement.classList.add('js')
for (const module of [keys, dialog, fields, outbox, hotline]) module.start()
drafts.forget()
mount(document)
document.addEventListener('htmx:load', (event) => mount(event.detail.elt))
document.addEventListener('tx:added', (event) => mount(event.detail))
document.addEventListener('htmx:responseError', ({ detail: { xhr } }) => {
  const plain = xhr.getResponseHeader('Content-Type')?.startsWith('text/plain')
  toasts.toast(plain ? xhr.responseText : say('没有办成，请稍后再试'), { tone: 'late' })
})
document.addEventListener('htmx:sendError', () => {
  const isSaid = !navigator.onLine && document.getElementById('offline') // the bar says it already
  if (!isSaid) toasts.toast(say('没有网络，内容还在，联网后再提交'), { tone: 'late' })
})

const worker = document.body.dataset.worker
if (worker && 'serviceWorker' in navigator && isSecureContext) navigator.serviceWorker.register(worker, { scope: '/' }).catch(() => {})
