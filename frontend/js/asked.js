// Questions that are asked only of who answered so: shown and hidden on the phone itself, nothing is
// sent before the form is. What is hidden is disabled, so a browser does not send it.
import { each } from './page.js'

const said = (form, name) =>
  [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
    .filter((one) => !one.disabled && (one.checked || !/^(radio|checkbox)$/.test(one.type)))
    .map((one) => one.value)

export function mount(root) {
  each(root, 'form[data-asked]', (form) => {
    const blocks = form.querySelectorAll('[data-asked-if]')
    const show = () => {
      for (const block of blocks) {
        const asked = said(form, block.dataset.askedIf).includes(block.dataset.askedValue)
        block.hidden = !asked
        for (const one of block.querySelectorAll('input, textarea, select')) one.disabled = !asked
      }
    }
    form.addEventListener('change', show)
    show()
  })
}
