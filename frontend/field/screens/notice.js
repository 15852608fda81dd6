// 上岗前: what is noted while on duty, by whom it is seen, for how long; read and agreed to before anything is noted.
import { say } from '../../js/page.js'
import { button, confirmed, el, icon, toast } from '../dom.js'
import { revoke, startDuty } from '../duty.js'
import { now } from '../now.js'
import { nothingYet } from './today.js'

export function notice() {
  const told = now.bundle?.notice
  if (!told) return { title: say('上岗'), back: '#/', body: nothingYet() }
  const begin = async (event) => {
    event.currentTarget.disabled = true
    await startDuty(now.user, told.agreed_at ? '' : told.version)
    toast(say('已上岗，路上记录位置'))
    location.assign('#/')
  }
  const takeBack = async () => {
    if (!await confirmed(say('撤回同意吗'), say('撤回以后不再记录位置，以后上岗要重新同意。'), say('撤回同意'))) return
    await revoke(now.user, told.version)
    toast(say('已撤回'))
    location.assign('#/')
  }
  return {
    title: say('上岗'), back: '#/', isLive: true,
    body: el('section', { class: 'card notice' },
      el('h2', {}, icon('shield'), told.title || say('在岗期间记录位置，请您知道')),
      told.text.split('\n').filter(Boolean).map((words) => el('p', {}, words)),
      told.agreed_at && el('p', { class: 'quiet' }, say('您同意过这一版。'))),
    actions: [
      !now.duty && button(told.agreed_at ? say('上岗') : say('我知道了，同意并上岗'), 'check', begin, { tone: 'primary' }),
      told.agreed_at && button(say('撤回同意'), 'undo', takeBack, { tone: 'quiet' }),
      button(now.duty ? say('返回') : say('暂不上岗'), 'back', () => location.assign('#/'), { tone: 'quiet' }),
    ],
  }
}
