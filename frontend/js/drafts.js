// Drafts never lost: <form data-draft="KEY"> keeps its fields and photos on this device until it has been accepted.
import { each, make, say } from './page.js'
import { dropDraft, entriesOf, getDraft, putDraft } from './store.js'

const SENT = 'tongxin-drafts-sent'
const sent = () => JSON.parse(sessionStorage.getItem(SENT) || '[]')
const remember = (keys) => sessionStorage.setItem(SENT, JSON.stringify(keys))

const restored = new WeakMap() // form -> the entries of its draft, for fields that arrive later

function fill(form, entries, controls = form.elements) {
  const named = new Map()
  for (const [name, value] of entries) named.set(name, [...(named.get(name) ?? []), value])
  for (const control of controls) {
    if (!control.name || control.type === 'password' || control.name === 'csrfmiddlewaretoken') continue
    const values = named.get(control.name) ?? []
    if (control.type === 'file') {
      if (values.length) control.dispatchEvent(new CustomEvent('tx:photos', { detail: values }))
    } else if (control.type === 'checkbox' || control.type === 'radio') {
      control.checked = values.includes(control.value)
    } else if (control.tagName === 'SELECT' && control.multiple) {
      for (const option of control.options) option.selected = values.includes(option.value)
    } else if (values.length) {
      control.value = values.shift()
    }
  }
}

function fillAll(form, entries) {
  restored.set(form, entries)
  fill(form, entries)
  form.dispatchEvent(new CustomEvent('tx:restored', { bubbles: true }))
}

/** Fill what the server has added to a form since its draft was restored (the questions of a topic). */
function fillAdded(root) {
  const form = root.closest?.('form[data-draft]')
  const entries = form && restored.get(form)
  if (!entries) return
  const names = new Set(entries.map(([name]) => name))
  const empty = (control) => names.has(control.name) && (/^(radio|checkbox)$/.test(control.type) || (control.type !== 'hidden' && control.type !== 'select-one' && !control.value))
  fill(form, entries, [...root.querySelectorAll('input, textarea, select')].filter(empty))
}

const hasWords = (entries, form) =>
  entries.some(([name, value]) => value instanceof File || (value && form.elements[name]?.type !== 'hidden'))

async function restore(form, key) {
  const draft = await getDraft(key)
  if (!draft || !hasWords(draft.entries, form)) return
  fillAll(form, draft.entries)
  const again = make('button', { type: 'button', class: 'btn btn-sm' }, say('清空重填'))
  const note = make('div', { class: 'message tone-working', role: 'status' },
    make('p', {}, say('已恢复上次没有提交的内容')), again)
  again.addEventListener('click', async () => {
    await dropDraft(key)
    location.reload()
  })
  form.prepend(note)
}

function keep(form, key) {
  let timer
  const save = () => putDraft(key, { entries: entriesOf(form), at: Date.now() }).catch(() => {})
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(save, 400)
  }
  form.addEventListener('input', later)
  form.addEventListener('change', later)
  form.addEventListener('submit', () => {
    clearTimeout(timer)
    save()
    remember([...new Set([...sent(), key])])
  })
}

export function mount(root) {
  fillAdded(root)
  each(root, 'form[data-draft]', async (form) => {
    const key = form.dataset.draft
    // A form that comes back with errors already holds the words; only its photos need to return.
    const refused = form.querySelector('.has-error, [data-returned]')
    try {
      await forgotten
      const draft = refused && (await getDraft(key))
      if (draft) fillAll(form, [...entriesOf(form), ...draft.entries.filter(([, value]) => value instanceof File)])
      else await restore(form, key)
    } catch {
      return // private browsing without storage: the form works as it is
    }
    keep(form, key)
  })
}

let forgotten = Promise.resolve()

/**
 * On a page that is neither the form again nor a failure, what was sent has been accepted; a form
 * that stands on the page again for the next one says so itself by data-fresh.
 */
export function forget() {
  if (document.querySelector('[data-keep-drafts]')) return
  const again = document.querySelectorAll('form[data-draft]:not([data-fresh])')
  const here = new Set([...again].map((form) => form.dataset.draft))
  const gone = sent().filter((key) => !here.has(key))
  forgotten = Promise.all(gone.map((key) => dropDraft(key).catch(() => {})))
  remember([])
}
