// What is kept on this device: drafts by key, and an outbox of forms that wait for a network.

let opened

function open() {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open('tongxin', 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('drafts')
      request.result.createObjectStore('outbox', { autoIncrement: true })
    }
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
  return opened
}

async function ask(store, mode, question) {
  const database = await open()
  return new Promise((done, failed) => {
    const request = question(database.transaction(store, mode).objectStore(store))
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
}

export const getDraft = (key) => ask('drafts', 'readonly', (store) => store.get(key))
export const putDraft = (key, draft) => ask('drafts', 'readwrite', (store) => store.put(draft, key))
export const dropDraft = (key) => ask('drafts', 'readwrite', (store) => store.delete(key))
export const putOut = (parcel) => ask('outbox', 'readwrite', (store) => store.add(parcel))
export const dropOut = (key) => ask('outbox', 'readwrite', (store) => store.delete(key))
export const countOut = () => ask('outbox', 'readonly', (store) => store.count())

/** Return [[key, parcel], …], oldest first. */
export async function listOut() {
  const keys = await ask('outbox', 'readonly', (store) => store.getAllKeys())
  const parcels = await ask('outbox', 'readonly', (store) => store.getAll())
  return keys.map((key, index) => [key, parcels[index]])
}

const SKIPPED = new Set(['csrfmiddlewaretoken', 'next'])

/** Return what a form holds as [[name, text or File], …], without tokens and empty files. */
export function entriesOf(form) {
  return [...new FormData(form)].filter(
    ([name, value]) => !SKIPPED.has(name) && form.elements[name]?.type !== 'password' && !(value instanceof File && value.size === 0),
  )
}
