// Groups of the side navigation stay as somebody left them: <details data-nav-group="name">; the one with the page is open.
import { each } from './page.js'

const KEY = 'tx-nav-groups'

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || {}
  } catch {
    return {}
  }
}

export function mount(root) {
  each(root, '[data-nav-group]', (group) => {
    const name = group.dataset.navGroup
    if (kept()[name]) group.open = true
    group.querySelector('summary').addEventListener('click', () => {
      try {
        localStorage.setItem(KEY, JSON.stringify({ ...kept(), [name]: !group.open }))
      } catch { /* a browser without storage: the groups open by page only */ }
    })
  })
}
