// Keeps the look of Tongxin on the phone, and answers honestly when there is no network.
const CONFIG = JSON.parse('{{ config|escapejs }}')
const CACHE = `tongxin-${CONFIG.shell.join('|').split('').reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7)}`

addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(CONFIG.shell)).then(() => skipWaiting()))
})
addEventListener('activate', (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name.startsWith('tongxin-') && name !== CACHE).map((name) => caches.delete(name)))
  event.waitUntil(caches.keys().then(drop).then(() => clients.claim()))
})
addEventListener('fetch', (event) => {
  const { request } = event
  const path = new URL(request.url).pathname
  if (request.method !== 'GET') return
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(() => caches.match(CONFIG.offline)))
  } else if (path.includes('/ui/dist/')) {
    event.respondWith(
      caches.match(request).then(
        (kept) =>
          kept ||
          fetch(request).then((answer) => {
            const copy = answer.clone()
            if (answer.ok) caches.open(CACHE).then((cache) => cache.put(request, copy))
            return answer
          }),
      ),
    )
  }
})
