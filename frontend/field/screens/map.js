// 地图: my grid, where to go, where I am. Without a network, the outlines on plain ground.
import { say } from '../../js/page.js'
import { button, el } from '../dom.js'
import { now, orderOf, visitOf } from '../now.js'
import { nothingYet } from './today.js'

export async function map(id) {
  if (!now.bundle) return { title: say('地图'), body: nothingYet() }
  const box = el('div', { class: 'map', id: 'map', role: 'application', 'aria-label': say('网格地图') })
  const target = id && (visitOf(id) ?? orderOf(id))
  let chart
  const load = async () => {
    const { drawField } = await import('../mapview.js')
    chart = drawField(box, now.bundle, target)
  }
  return {
    title: say('地图'), sub: (now.bundle.grids ?? []).map((grid) => grid.name).join('、'), back: target ? (visitOf(id) ? '#/visits/' : '#/orders/') + id : '',
    isWide: true, body: box, shown: load, gone: () => chart?.remove(),
    actions: [button(say('我的位置'), 'gps', () => chart?.showMe(), { tone: 'primary' }),
      now.bundle.components?.length > 0 && button(say('部件'), 'components', () => location.assign('#/components'))],
  }
}
