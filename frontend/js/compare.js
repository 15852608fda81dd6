// Before and after: two pictures side by side become one with a slider. <figure data-compare> holding two images.
import { each, make, say } from './page.js'

export function mount(root) {
  each(root, '[data-compare]', (figure) => {
    const [before, after] = figure.querySelectorAll('img')
    if (!before || !after) return
    const slider = make('input', { type: 'range', min: 0, max: 100, value: 50, 'aria-label': say('拖动比较处理前后') })
    const frame = make('div', { class: 'compare-frame' }, before, after, make('span', { class: 'compare-word' }, say('处理前')),
      make('span', { class: 'compare-word compare-word-after' }, say('处理后')), make('span', { class: 'compare-line' }), slider)
    const show = () => {
      frame.style.setProperty('--cut', `${slider.value}%`)
      slider.setAttribute('aria-valuetext', say('处理前占 {n}%', { n: slider.value }))
    }
    slider.addEventListener('input', show)
    figure.classList.add('is-slider')
    figure.prepend(frame)
    show()
  })
}
