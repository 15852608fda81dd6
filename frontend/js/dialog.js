// Native dialogs: <a data-dialog href="…"> opens a form in one, <form data-confirm="…"> asks before it posts.
import htmx from 'htmx.org'
import { make, say } from './page.js'

function open(...children) {
  const dialog = make('dialog', { class: 'dialog' }, ...children)
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => event.target === dialog && !dialog.querySelector('form[method=post]') && dialog.close())
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

/** Ask a question; return true if the person agrees. */
export function confirm(question, verb) {
  return new Promise((answer) => {
    const dialog = open(
      make('p', { class: 'dialog-question', id: 'dialog-question' }, question),
      make('form', { method: 'dialog', class: 'btn-row dialog-buttons' },
        make('button', { class: 'btn', value: '' }, say('不，返回')),
        make('button', { class: 'btn btn-primary', value: 'yes' }, verb || say('确定'))))
    dialog.setAttribute('aria-labelledby', 'dialog-question')
    dialog.addEventListener('close', () => answer(dialog.returnValue === 'yes'))
  })
}

const bodyOf = (page) => page.querySelector('[data-dialog-body]') ?? page.querySelector('#main') ?? page.body

/** Put a fragment, or the main part of a whole page, into the dialog. */
function fillWith(dialog, html, url) {
  const page = new DOMParser().parseFromString(html, 'text/html')
  const close = make('button', { type: 'button', class: 'btn btn-icon btn-ghost dialog-close', 'aria-label': say('关闭') }, '×')
  close.addEventListener('click', () => dialog.close())
  dialog.replaceChildren(close, ...bodyOf(page).childNodes)
  for (const form of dialog.querySelectorAll('form:not([action])')) form.setAttribute('action', url)
  const title = dialog.querySelector('h1, h2')
  if (title) {
    title.id ||= 'dialog-title'
    dialog.setAttribute('aria-labelledby', title.id)
  }
  htmx.process(dialog)
  document.dispatchEvent(new CustomEvent('tx:added', { detail: dialog }))
  dialog.querySelector('[autofocus], .has-error :is(input, select, textarea), form :is(input:not([type=hidden]), select, textarea), form button')?.focus()
}

function complain(dialog, words) {
  dialog.querySelector('.dialog-complaint')?.remove()
  const form = dialog.querySelector('form') ?? dialog
  form.prepend(make('div', { class: 'message tone-late dialog-complaint', role: 'alert' }, make('p', {}, words)))
}

/** Show the page that the server sent us on to, as if it had been opened. */
function moveOn(answer, html) {
  const page = new DOMParser().parseFromString(html, 'text/html')
  history.pushState({}, '', answer.url)
  document.title = page.title
  document.body.className = page.body.className
  htmx.swap(document.body, page.body.innerHTML, { swapStyle: 'innerHTML' })
  document.getElementById('main')?.focus()
}

async function post(dialog, form, submitter) {
  const headers = { 'HX-Request': 'true' }
  const url = submitter?.getAttribute('formaction') ?? form.getAttribute('action')
  try {
    const answer = await fetch(url, { method: 'POST', body: new FormData(form, submitter), headers })
    const text = await answer.text()
    if (answer.redirected) moveOn(answer, text)
    else if (answer.headers.get('Content-Type')?.startsWith('text/plain')) complain(dialog, text)
    else if (answer.ok || (answer.status < 500 && text.includes('<form'))) fillWith(dialog, text, url)  // what is wrong stands beside its field
    else complain(dialog, say('没有办成，请稍后再试'))
  } catch {
    complain(dialog, say('没有网络，内容还在，联网后再提交'))
  }
}

async function show(link) {
  const dialog = open(make('p', { class: 'skeleton' }, say('正在打开…')))
  try {
    const answer = await fetch(link.href, { headers: { 'HX-Request': 'true' } })
    if (!answer.ok || answer.redirected) return location.assign(link.href)
    fillWith(dialog, await answer.text(), link.href)
  } catch {
    location.assign(link.href)
  }
  return undefined
}

export function start() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-dialog]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    show(link)
  })
  document.addEventListener('submit', async (event) => {
    const form = event.target
    const dialog = form.closest('dialog')
    if (dialog && form.method === 'post') {
      event.preventDefault()
      await post(dialog, form, event.submitter)
    } else if (form.dataset.confirm && !form.dataset.agreed) {
      event.preventDefault()
      const { submitter } = event
      if (!(await confirm(form.dataset.confirm, form.dataset.confirmVerb))) return
      form.dataset.agreed = '1'
      form.requestSubmit(submitter)
      delete form.dataset.agreed
    }
  })
}
