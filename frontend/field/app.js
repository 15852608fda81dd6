// The app of those who work in the street: one page, its screens by the part of the address behind #.
import './field.css'
import { announce, learn, say } from '../js/page.js'
import { listen } from './bus.js'
import { onNewer } from './db.js'
import { banner, button, el, icon, toast } from './dom.js'
import { agree, resumeDuty } from './duty.js'
import { now, open, refresh, stuck } from './now.js'
import { send } from './sender.js'
import { component, components } from './screens/components.js'
import { map } from './screens/map.js'
import { install, more, setCookie } from './screens/more.js'
import { notice } from './screens/notice.js'
import { move, order, orders } from './screens/orders.js'
import { report } from './screens/report.js'
import { one, sent } from './screens/sent.js'
import { today } from './screens/today.js'
import { sign, visit } from './screens/visit.js'
import { ago } from './time.js'
import words from './words.en.json'

learn(words)

const DAY = 86_400_000
const SLOWEST = 5 * 60_000
const root = document.documentElement
const page = document.body
const frame = (id) => document.getElementById(id)

// Looks: the shell is the same for everybody, so cookies are read here.

const cookie = (name) => document.cookie.match('(?:^|; )' + name + '=([^;]*)')?.[1] ?? ''

function dress() {
  const language = cookie(page.dataset.languageCookie)
  root.lang = language === 'en' ? 'en' : 'zh-hans'
  root.classList.toggle('care', cookie('care') === '1')
  if (cookie('field-theme') === 'dark') root.dataset.theme = 'dark'
  else delete root.dataset.theme
}

function look(name, value) {
  setCookie(name === 'language' ? page.dataset.languageCookie : name, value)
  dress()
  show()
}

// Screens

const TABS = [['#/', 'home', '今天', /^#\/($|visits|notice|sent)/], ['#/map', 'map', '地图', /^#\/(map|components)/], ['#/report', 'cameraPlus', '上报', /^#\/report/], ['#/orders', 'clipboard', '我的单', /^#\/orders/]]
const offer = { prompt: null, ask: async () => {
  offer.prompt?.prompt()
  await offer.prompt?.userChoice
  offer.prompt = null
  show()
} }
const options = { look, install: offer }

function screenOf(hash) {
  const [name = '', id = '', last = ''] = hash.replace(/^#\//, '').split('/')
  const screens = {
    '': today, map: () => map(id), report, orders: () => (last ? move(id, last) : id ? order(id) : orders()), visits: () => visit(id, last), components: () => (id ? component(id) : components()),
    sign: () => sign(id), sent: () => (id ? one(id) : sent()), notice, more: () => more(options), install: () => install(options),
  }
  return (screens[name] ?? today)()
}

let shown = {}
let turn = 0

/** Draw the screen of the address; `isSame` when only what it tells has changed. */
async function show({ isSame = false } = {}) {
  const mine = ++turn
  const screen = await screenOf(location.hash || '#/')
  if (mine !== turn) return
  shown.gone?.()
  shown = screen
  const main = frame('main')
  const focused = isSame && main.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null
  const openDetails = isSame ? [...main.querySelectorAll('details')].map((part) => part.open) : []
  const top = scrollY
  drawHead(screen)
  main.className = screen.isWide ? 'wide' : ''
  main.replaceChildren(...[screen.body].flat(Infinity).filter(Boolean))
  const actions = (screen.actions ?? []).filter(Boolean)
  frame('actions').replaceChildren(...actions)
  frame('actions').hidden = actions.length === 0
  document.title = screen.title + ' · ' + say('同心外勤')
  drawTabs()
  drawBanners()
  if (isSame) {
    main.querySelectorAll('details').forEach((part, index) => { part.open = openDetails[index] ?? false })
    scrollTo(0, top)
    if (focused) main.querySelector('[href="' + CSS.escape(focused) + '"]')?.focus({ preventScroll: true })
  } else {
    scrollTo(0, 0)
    if (document.activeElement !== page) main.focus({ preventScroll: true })
  }
  screen.shown?.()
  root.classList.add('js')
  root.dataset.screen = location.hash || '#/'
}

function drawHead(screen) {
  frame('title').textContent = screen.title
  frame('sub').textContent = screen.sub ?? ''
  frame('back').replaceChildren(...(screen.back ? [el('a', { class: 'round', href: screen.back, 'aria-label': say('返回') }, icon('back'))] : []))
  frame('tool').replaceChildren(...(screen.tool ? [el('button', { type: 'button', class: 'round', 'aria-label': screen.tool.label, title: screen.tool.label, onclick: screen.tool.act }, icon(screen.tool.icon))] : []),
    el('a', { class: 'round', href: '#/more', 'aria-label': say('更多') }, icon('dots')))
}

function drawTabs() {
  const here = location.hash || '#/'
  const orders = now.bundle?.orders?.length ?? 0
  frame('tabs').setAttribute('aria-label', say('主要页面'))
  frame('tabs').replaceChildren(el('ul', {}, TABS.map(([href, symbol, label, at]) => el('li', {}, el('a', { href, 'aria-current': at.test(here) ? 'page' : false },
    icon(symbol), el('span', {}, say(label)), href === '#/orders' && orders > 0 && el('span', { class: 'count' }, String(orders)))))))
}

/** The one line that says honestly whether everything is out. */
function drawState() {
  const left = open().length
  const state = frame('state')
  const [tone, symbol, words] = stuck().length ? ['late', 'alert', [say('{n} 条要看', { n: stuck().length }), left && say('{n} 条待发送', { n: left })].filter(Boolean).join(' · ')]
    : left && !navigator.onLine ? ['waiting', 'cloudOff', say('离线 · {n} 条待发送', { n: left })]
      : left ? ['waiting', now.isSending ? 'send' : 'wait', now.isSending ? say('发送中 · {n} 条', { n: left }) : say('{n} 条待发送', { n: left })]
        : !navigator.onLine ? ['idle', 'cloudOff', say('离线')] : ['done', 'cloud', say('都发出去了')]
  state.className = 'state tone-' + tone
  state.replaceChildren(icon(symbol), el('span', {}, words))
  state.setAttribute('aria-label', say('{words}，看发送记录', { words }))
  const duty = frame('duty')
  duty.hidden = !now.duty
  duty.replaceChildren(...(now.duty ? [el('span', { class: 'pulse', 'aria-hidden': 'true' }), el('span', {}, say('在岗 · 正在记录位置'))] : []))
}

function drawBanners() {
  drawState()
  const age = Date.now() - now.bundleAt
  const left = open().length
  const found = []
  if (now.isSignedOut && now.user) {
    found.push(banner('late', 'sign', left ? say('请重新登录，{n} 条已保存在本机', { n: left }) : say('请重新登录，才能取新任务'), el('a', { class: 'small', href: page.dataset.signIn }, say('登录'))))
  } else if (!now.user && now.isSignedOut) found.push(el('a', { class: 'big primary', href: page.dataset.signIn }, icon('sign'), el('span', {}, say('登录'))))
  if (now.bundle && age > 7 * DAY) found.push(banner('late', 'clock', say('任务是 {when}的，已经太旧。请到有网络的地方打开一次', { when: ago(age) })))
  else if (now.bundle && age > DAY / 2) found.push(banner('waiting', 'clock', say('任务是 {when}的，联网后自动更新', { when: ago(age) })))
  if (now.bundle?.device?.state === 'lost') found.push(banner('late', 'alert', say('这部手机已报失，发出的都要由人核对。请联系配发单位')))
  if (Math.abs(now.skew) > 120) found.push(banner('waiting', 'clock', say('手机时间差了 {n} 分钟，发送时按系统时间校正', { n: Math.round(Math.abs(now.skew) / 60) })))
  if (now.waitingApp && !isBusy()) found.push(banner('working', 'download', say('有新版本'), button(say('更新'), null, takeNewApp, { tone: 'small' })))
  frame('banners').setAttribute('aria-label', say('提示'))
  frame('banners').replaceChildren(...found)
}

// Staying up to date

const isBusy = () => now.isSending || Boolean(document.querySelector('dialog[open]')) || /^#\/(report|visits|components\/|orders\/.+\/)/.test(location.hash)

let asked
async function changed(word) {
  clearTimeout(asked)
  asked = setTimeout(async () => {
    const before = now.user
    await refresh()
    if (now.user !== before) {
      await resumeDuty(now.user)
      return show()
    }
    if (word === 'bundle' && now.user) {
      await agree(now.user, now.bundle?.on_duty, now.actions)
      await refresh()
    }
    drawBanners()
    drawTabs()
    if (shown.isLive && !document.querySelector('dialog[open]')) await show({ isSame: true })
    else if (!shown.isLive && isFirst()) await show()
    return quietly()
  }, 40)
}

const isFirst = () => Boolean(document.querySelector('#main .skeleton, #main > .empty')) && !shown.isLive

let pause = 0
let timer

/** Send what there is; when it does not go, again later, each time a little later still. */
async function sendNow({ isAsked = false } = {}) {
  clearTimeout(timer)
  now.why = await send({ isAsked })
  await changed()
  if (now.why === 'busy' || now.why === 'error' || now.why === 'offline') {
    pause = Math.min(SLOWEST, pause ? pause * 2 : 4000)
    timer = setTimeout(() => sendNow({ isAsked: true }), pause * (0.75 + Math.random() / 2))
    registration?.sync?.register('field-send').catch(() => {})
  } else pause = 0
}

function wakeUp() {
  pause = 0
  sendNow({ isAsked: true })
}

// A newer app waits until nothing is being written and nobody is in the middle of something.

let registration
const takeNewApp = () => now.waitingApp?.postMessage('take over')

function quietly() {
  if (!now.waitingApp || isBusy() || open().length) return
  if (document.visibilityState === 'hidden') takeNewApp()
}

async function startWorker() {
  const { worker } = page.dataset
  if (!worker || !('serviceWorker' in navigator) || !isSecureContext) return
  let isRuled = Boolean(navigator.serviceWorker.controller)
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (isRuled) location.reload()
    isRuled = true
  })
  const scope = { scope: page.dataset.scope, updateViaCache: 'none' }
  // Old browsers know no modules in a worker: theirs keeps the shell, and sending is up to the page.
  registration = await navigator.serviceWorker.register(worker + '?sends', { ...scope, type: 'module' })
    .catch(() => navigator.serviceWorker.register(worker, scope)).catch(() => undefined)
  if (!registration) return
  const notice = () => {
    now.waitingApp = registration.waiting
    drawBanners()
    quietly()
  }
  if (registration.waiting) notice()
  registration.addEventListener('updatefound', () => {
    const next = registration.installing
    next.addEventListener('statechange', () => { if (next.state === 'installed' && navigator.serviceWorker.controller) notice() })
  })
}

/** How high the head is, for what sticks below it. */
function measure() {
  new ResizeObserver(([entry]) => root.style.setProperty('--head', Math.round(entry.target.offsetHeight) + 'px')).observe(document.querySelector('header'))
}

async function start() {
  dress()
  measure()
  await refresh()
  await show()
  listen(changed)
  onNewer(() => toast(say('应用在别的页面更新了，请关掉这一页再打开'), 'late'))
  addEventListener('hashchange', () => show().then(() => announce(shown.title)))
  addEventListener('online', wakeUp)
  addEventListener('offline', () => {
    drawBanners()
    announce(say('网络已断开'))
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wakeUp()
    else quietly()
  })
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offer.prompt = event
  })
  listen((word) => { if (word === 'kept') sendNow() })
  await resumeDuty(now.user)
  await startWorker()
  wakeUp()
  setInterval(() => { if (document.visibilityState === 'visible') sendNow({ isAsked: Date.now() - now.bundleAt > SLOWEST }) }, 60_000)
}

start()
