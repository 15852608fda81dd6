// Many at once: <form data-bulk> with boxes data-pick, data-pick-all, a bar data-bulk-bar and a count data-bulk-count.
import { each } from './page.js'

function mountForm(form) {
  const bar = form.querySelector('[data-bulk-bar]')
  const all = form.querySelector('[data-pick-all]')
  const boxes = () => [...form.querySelectorAll('[data-pick]')]
  let last = null

  const show = () => {
    const picked = boxes().filter((box) => box.checked)
    bar.hidden = picked.length === 0
    for (const words of form.querySelectorAll('[data-bulk-count]')) words.textContent = picked.length
    for (const box of boxes()) box.closest('[data-row]')?.classList.toggle('is-selected', box.checked)
    if (all) {
      all.checked = picked.length > 0 && picked.length === boxes().length
      all.indeterminate = picked.length > 0 && !all.checked
    }
  }
  form.addEventListener('change', (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked
    show()
  })
  form.addEventListener('click', (event) => {
    if (event.target.closest('[data-bulk-clear]')) {
      for (const box of boxes()) box.checked = false
      show()
    } else if (event.target.matches('[data-pick]')) {
      const row = boxes()
      if (event.shiftKey && last) {
        const [from, to] = [row.indexOf(last), row.indexOf(event.target)].sort((a, b) => a - b)
        for (const box of row.slice(from, to + 1)) box.checked = event.target.checked
      }
      last = event.target
    }
  })
  show()
}

export function mount(root) {
  each(root, 'form[data-bulk]', mountForm)
}
