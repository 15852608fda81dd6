// Small comforts of forms: counting letters, filters that send themselves, no second click while sending, printing.
import { each, say } from './page.js'

function count(words) {
  const field = document.getElementById(words.dataset.countFor)
  const most = field?.maxLength
  if (!most || most < 0) return
  const show = () => {
    words.hidden = false
    words.textContent = say('{n} / {most} 字', { n: field.value.length, most })
  }
  field.addEventListener('input', show)
  show()
}

function onSubmit(event) {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post' || form.target === '_blank') return
  if (form.dataset.sending) return event.preventDefault()
  form.dataset.sending = '1'
  event.submitter?.classList.add('htmx-request')
  return undefined
}

export function mount(root) {
  each(root, '[data-count-for]', count)
  each(root, 'form[data-autosubmit]', (form) => form.addEventListener('change', (event) => /^(text|search)$/.test(event.target.type) || form.requestSubmit()))
  each(root, '[data-stars]', (group) => {
    const words = group.querySelector('[data-stars-words]')
    const show = () => {
      const chosen = group.querySelector('input:checked')
      if (words) words.textContent = chosen?.dataset.words ?? ''
    }
    group.addEventListener('change', show)
    show()
  })
}

export function start() {
  document.addEventListener('submit', onSubmit)
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sending]')) {
      delete form.dataset.sending
      form.querySelector('.htmx-request')?.classList.remove('htmx-request')
    }
  })
  document.addEventListener('click', (event) => event.target.closest('[data-print]') && print())
}
