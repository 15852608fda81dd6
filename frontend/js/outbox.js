// Honest about the network: <form data-offline data-draft="KEY"> is kept when there is none, and sent when there is.
import { announce, csrfToken, each, say } from './page.js'
import { countOut, dropDraft, dropOut, entriesOf, listOut, putDraft, putOut } from './store.js'
import { toast } from './toast.js'

async function show(sending = 0) {
  const bar = document.getElementById('offline')
  if (!bar) return
  const waiting = await countOut().catch(() => 0)
  bar.hidden = navigator.onLine && waiting === 0
  document.body.classList.toggle('has-offline', !bar.hidden)
  const words = sending ? bar.dataset.sending : waiting ? bar.dataset.words : bar.dataset.empty
  bar.textContent = words.replace('{n}', sending || waiting)
}

/** Post one kept form. The server acts once on its key, however often we try. */
async function send(key, parcel) {
  const body = new FormData()
  for (const [name, value] of parcel.entries) body.append(name, value)
  body.append('csrfmiddlewaretoken', csrfToken())
  const answer = await fetch(parcel.url, { method: 'POST', body })
  if (answer.status >= 500) throw new Error(answer.statusText)
  const isSignIn = answer.redirected && (await answer.text()).includes('data-keep-drafts')
  if (!answer.ok || !answer.redirected || isSignIn) {
    if (parcel.draft) await putDraft(parcel.draft, { entries: parcel.entries, at: Date.now() })
    toast(say('有一条没有被接受，已放回草稿，请打开原来的页面修改后再提交'), { tone: 'late' })
  }
  await dropOut(key)
}

async function sendAll() {
  const parcels = await listOut().catch(() => [])
  if (!navigator.onLine || parcels.length === 0) return show()
  await show(parcels.length)
  let done = 0
  try {
    for (const [key, parcel] of parcels) {
      await send(key, parcel)
      done += 1
    }
  } catch {
    // no answer: what is left stays in the outbox until the next try
  }
  await show()
  if (done) toast(say('联网了，已发送 {n} 条', { n: done }), { tone: 'done' })
}

const alone = (work) => (navigator.locks ? navigator.locks.request('tongxin-outbox', work) : work())

export function mount(root) {
  each(root, 'form[data-offline]', (form) => {
    form.addEventListener('submit', async (event) => {
      if (navigator.onLine) return
      event.preventDefault()
      event.stopImmediatePropagation()
      await putOut({ url: form.action, entries: entriesOf(form), draft: form.dataset.draft, at: Date.now() })
      if (form.dataset.draft) await dropDraft(form.dataset.draft)
      form.reset()
      const file = form.querySelector('[data-photos]')
      file?.dispatchEvent(new CustomEvent('tx:photos', { detail: [] }))
      toast(say('现在没有网络，已存在本机，联网后自动发送'), { tone: 'working', seconds: 10 })
      await show()
    }, true)
  })
}

export function start() {
  addEventListener('online', () => alone(sendAll))
  addEventListener('offline', () => {
    show()
    announce(say('网络已断开'))
  })
  alone(sendAll)
}
