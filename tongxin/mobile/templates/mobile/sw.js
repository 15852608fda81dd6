// Keeps the app on the phone: its page and files come from here, whatever the network does.
{% if sender %}import '{{ sender }}'
{% endif %}const CONFIG = JSON.parse('{{ config|escapejs }}')
const CACHE = `field-${CONFIG.mark}`

addEventListener('install', (event) => {
  const fresh = CONFIG.shell.map((url) => new Request(url, { cache: 'reload' }))
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)))
})
addEventListener('activate', (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name.startsWith('field-') && name !== CACHE).map((name) => caches.delete(name)))
  event.waitUntil(caches.keys().then(drop).then(() => clients.claim()))
})
// A newer app takes over when the page says so, and never while something is being sent.
addEventListener('message', (event) => {
  if (event.data !== 'take over') return
  event.waitUntil(navigator.locks ? navigator.locks.request('tongxin-field-send', () => skipWaiting()) : skipWaiting())
})
addEventListener('fetch', (event) => {
  const { request } = event
  const { pathname } = new URL(request.url)
  if (request.method !== 'GET') return
  const isShell = request.mode === 'navigate' && pathname === CONFIG.app
  if (!isShell && !CONFIG.shell.includes(pathname)) return
  event.respondWith(caches.match(isShell ? CONFIG.app : request, { cacheName: CACHE }).then((kept) => kept || fetch(request)))
})
