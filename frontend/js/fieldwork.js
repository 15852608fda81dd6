// The checklist of a visit: an item with a condition is shown once the item it depends on says so.
// <div data-asked-if="NAME" data-asked-value="VALUE">; without scripts all are shown, and the house sorts it out.
import { each } from './page.js'

function said(form, name) {
  const field = form.elements[name]
  return field instanceof RadioNodeList || field ? field.value : ''
}

function settle(form) {
  // From the top down: an item that is hidden asks for nothing below it.
  for (const item of form.querySelectorAll('[data-asked-if]')) {
    const above = form.querySelector(`[data-item="${item.dataset.askedIf.slice(2)}"]`)
    item.hidden = Boolean(above?.hidden) || said(form, item.dataset.askedIf) !== item.dataset.askedValue
  }
}

export function mount(root) {
  each(root, 'form[data-checklist]', (form) => {
    form.addEventListener('change', () => settle(form))
    settle(form)
  })
}
