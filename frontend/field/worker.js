// In the service worker: when the network is back and no page is open, what is kept goes out all the same.
import { send } from './sender.js'

self.addEventListener('sync', (event) => {
  if (event.tag !== 'field-send') return
  event.waitUntil(send().then((why) => { if (why && why !== 'signed-out') throw new Error(why) }))
})
