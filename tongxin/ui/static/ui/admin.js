// What the administrator's library leaves without a name gets that of its label, for screen readers.
const named = (part, text) => {
  if (part.hasAttribute('aria-label') || !text) return
  part.removeAttribute('aria-labelledby')
  part.setAttribute('aria-label', text.replace('*', '').trim())
}
const nameThem = () => {
  // Fields that complete what is typed.
  for (const box of document.querySelectorAll('.select2-container')) {
    const field = box.previousElementSibling
    const label = field?.id && document.querySelector(`label[for="${field.id}"]`)
    for (const part of box.querySelectorAll('[role=combobox], [role=textbox]')) named(part, label?.textContent)
  }
  // Fields of two parts: the label is only that of the whole.
  for (const part of document.querySelectorAll('.field-row :is(input, select)[id]:not([type=hidden])')) {
    if (!part.labels?.length && !part.closest('.select2-container')) {
      named(part, part.closest('.field-row').querySelector('label')?.textContent)
    }
  }
  // Boxes that scroll: one name for each, or none.
  for (const box of document.querySelectorAll('.simplebar-content-wrapper[role=region]')) {
    box.removeAttribute('role')
    box.removeAttribute('aria-label')
  }
}
document.addEventListener('DOMContentLoaded', () => {
  nameThem()
  new MutationObserver(nameThem).observe(document.body, { childList: true, subtree: true })
})
