// Where the phone is: <form data-locate> asks on sending, <button data-locate-into="ID_LNG ID_LAT"> at once.
// <… data-unplaces="ID_LNG ID_LAT"> forgets the point when somebody chooses out of the lists in it.
import { announce, each, say } from './page.js'
import { toast } from './toast.js'

const OPTIONS = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 }

function position() {
  return new Promise((done, failed) => {
    if (!navigator.geolocation) return failed(new Error('no geolocation'))
    return navigator.geolocation.getCurrentPosition(({ coords }) => done(coords), failed, OPTIONS)
  })
}

function write(input, value) {
  if (!input) return
  input.value = value
  input.dispatchEvent(new Event('change', { bubbles: true }))
}

const hasPlace = (form) => Boolean(form.elements.lng?.value || form.elements.region?.value)

/** Send the form with the place of the phone; without one, only if the person has named a place. */
async function sendFrom(form, submitter) {
  submitter?.classList.add('htmx-request')
  try {
    const coords = await position()
    write(form.elements.lng, coords.longitude.toFixed(6))
    write(form.elements.lat, coords.latitude.toFixed(6))
    write(form.elements.accuracy, Math.round(coords.accuracy))
    form.requestSubmit(submitter)
  } catch {
    if (form.dataset.locate) return location.assign(form.dataset.locate)
    form.querySelector('details:has([name=region])')?.setAttribute('open', '')
    toast(say('没有取得位置。请允许定位，或自己选社区'), { tone: 'late' })
  } finally {
    submitter?.classList.remove('htmx-request')
  }
  return undefined
}

async function fill(button) {
  const [lng, lat] = button.dataset.locateInto.split(' ').map((id) => document.getElementById(id))
  button.classList.add('htmx-request')
  try {
    const coords = await position()
    lat.value = coords.latitude.toFixed(6)
    write(lng, coords.longitude.toFixed(6))
    lng.form?.dispatchEvent(new CustomEvent('tx:placed'))
    announce(say('已定位，误差约 {n} 米', { n: Math.round(coords.accuracy) }))
  } catch {
    toast(say('没有取得位置。请允许定位，或自己选社区'), { tone: 'late' })
  }
  button.classList.remove('htmx-request')
}

export function mount(root) {
  each(root, 'form[data-locate]', (form) => {
    form.addEventListener('submit', (event) => {
      if (hasPlace(form)) return
      event.preventDefault()
      event.stopImmediatePropagation()
      sendFrom(form, event.submitter)
    }, true)
  })
  each(root, '[data-locate-into]', (button) => button.addEventListener('click', () => fill(button)))
  each(root, '[data-unplaces]', (lists) => {
    const inputs = lists.dataset.unplaces.split(' ').map((id) => document.getElementById(id)).filter(Boolean)
    lists.addEventListener('change', () => {
      for (const input of inputs) input.value = ''
      inputs[0]?.form?.dispatchEvent(new CustomEvent('tx:placed'))
    }, true)
  })
}
