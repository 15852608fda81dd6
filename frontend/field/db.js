// What the phone keeps: state by key, drafts, actions, photos and, apart, their bytes: what is noted of
// a photo must not write it anew. Every shape the store ever had is a step here.

const NAME = 'tongxin-field'
const STEPS = [
  (database) => {
    database.createObjectStore('state')
    database.createObjectStore('drafts')
    database.createObjectStore('actions', { keyPath: 'id' }).createIndex('user', 'user')
    database.createObjectStore('blobs')
    const photos = database.createObjectStore('photos', { keyPath: 'id' })
    photos.createIndex('user', 'user')
    photos.createIndex('owner', 'owner')
  },
]

let opened
let release = () => {}

/** Call `act` when a newer app wants this database: this page has to let go of it. */
export const onNewer = (act) => { release = act }

function connect(version) {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, version)
    request.onupgradeneeded = ({ oldVersion }) => {
      for (const step of STEPS.slice(oldVersion)) step(request.result)
    }
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
}

async function open() {
  // A newer app was here and went away again: its stores are ours and more, nothing is thrown away.
  const database = await connect(STEPS.length).catch((error) => {
    if (error.name === 'VersionError') return connect(undefined)
    throw error
  })
  database.onversionchange = () => {
    database.close()
    opened = undefined
    release()
  }
  database.onclose = () => { opened = undefined }
  return database
}

const database = () => {
  opened ??= open().catch((error) => {
    opened = undefined
    throw error
  })
  return opened
}

/**
 * Do `work(stores)` in one transaction; return what the request it returns found.
 * Resolves only when everything has been written to the disk.
 */
export async function transact(names, mode, work) {
  const connection = await database()
  return new Promise((done, failed) => {
    const transaction = connection.transaction(names, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' })
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]))
    const request = work(stores)
    transaction.oncomplete = () => done(request?.result)
    transaction.onabort = () => failed(transaction.error ?? request?.error)
    transaction.onerror = () => {}
  })
}

export const get = (store, key) => transact([store], 'readonly', (all) => all[store].get(key))
export const put = (store, value, key) => transact([store], 'readwrite', (all) => all[store].put(value, key))
export const drop = (store, key) => transact([store], 'readwrite', (all) => all[store].delete(key))
export const listBy = (store, index, key) => transact([store], 'readonly', (all) => all[store].index(index).getAll(key))
