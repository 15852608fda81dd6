// 更多: size of type, dark, language, room on the phone, putting the app on the home screen, signing out.
import { say } from '../../js/page.js'
import { banner, button, el, icon } from '../dom.js'
import { askToStay, getState, putState } from '../keep.js'
import { now, open } from '../now.js'
import { APP } from '../sender.js'
import { ago, size } from '../time.js'

const YEAR = 365 * 24 * 3600

export function setCookie(name, value) {
  document.cookie = name + '=' + value + '; path=/; max-age=' + YEAR + '; samesite=lax'
}

const toggle = (label, words, symbol, isOn, act) => el('button', { type: 'button', class: 'row as-switch', role: 'switch', 'aria-checked': String(isOn), onclick: act },
  icon(symbol), el('span', { class: 'row-text' }, el('strong', {}, label), el('span', { class: 'quiet' }, words)), el('span', { class: 'switch', 'aria-hidden': 'true' }))

const line = (href, symbol, label, words) => el('a', { class: 'row', href }, icon(symbol), el('span', { class: 'row-text' }, el('strong', {}, label), words && el('span', { class: 'quiet' }, words)), icon('right'))

/** Sign out: whoever opens the app next, even without a network, sees nothing of this person's. */
async function leave(address) {
  const csrf = await getState('csrf')
  await putState('user', null)
  const form = el('form', { method: 'post', action: address }, el('input', { type: 'hidden', name: 'csrfmiddlewaretoken', value: csrf }))
  document.body.append(form)
  form.submit()
}

export async function more({ look, install }) {
  const root = document.documentElement
  const room = await askToStay()
  const isEnglish = root.lang.startsWith('en')
  const { signIn, signOut } = document.body.dataset
  return {
    title: say('更多'), sub: now.bundle?.user.name, back: '#/',
    body: [
      !room.isSafe && banner('idle', 'info', say('手机空间紧张时，浏览器可能清理没有装到桌面的应用。装到桌面更稳妥。')),
      el('div', { class: 'rows' },
        toggle(say('关怀版'), say('字和按钮都变大'), 'size', root.classList.contains('care'), () => look('care', root.classList.contains('care') ? '0' : '1')),
        toggle(say('深色'), say('夜里不刺眼，也省电'), 'moon', root.dataset.theme === 'dark', () => look('field-theme', root.dataset.theme === 'dark' ? 'light' : 'dark')),
        el('button', { type: 'button', class: 'row', onclick: () => look('language', isEnglish ? 'zh-hans' : 'en'), lang: isEnglish ? 'zh-hans' : 'en' },
          icon('messages'), el('span', { class: 'row-text' }, el('strong', {}, isEnglish ? '中文' : 'English')), icon('right'))),
      el('div', { class: 'rows' },
        line('#/install', 'download', say('装到手机桌面'), say('像普通应用一样打开，没有网络也能用')),
        line('#/notice', 'shield', say('位置告知'), say('记什么、谁能看、留多久')),
        line('#/sent', 'send', say('发送记录'), open().length ? say('{n} 条待发送', { n: open().length }) : say('都发出去了')),
        line('/', 'home', say('回到同心'), '')),
      el('p', { class: 'quiet foot' }, say('版本 {version} · 任务更新于 {when} · 已用 {used}', { version: APP, when: now.bundleAt ? ago(Date.now() - now.bundleAt) : say('还没有'), used: size(room.usage) })),
      now.isSignedOut || !now.user ? el('a', { class: 'big', href: signIn }, icon('sign'), el('span', {}, say('登录')))
        : button(say('换人或退出登录'), 'out', () => leave(signOut), { tone: 'quiet' }),
      open().length > 0 && el('p', { class: 'quiet' }, say('退出以后，没发出的 {n} 条还在这台手机里，您再登录时接着发；别人看不到，也不会替您发。', { n: open().length })),
      install.prompt && button(say('装到手机桌面'), 'download', () => install.ask(), { tone: 'primary' }),
    ],
  }
}

/** How to put the app on the home screen: one button where the browser offers it, else where to look for it. */
export function install({ install: offer }) {
  const isThere = matchMedia('(display-mode: standalone)').matches
  const way = (title, ...steps) => el('section', { class: 'card' }, el('h2', {}, title), el('ol', { class: 'steps' }, steps.map((words) => el('li', {}, words))))
  return {
    title: say('装到手机桌面'), back: '#/more',
    body: isThere ? banner('done', 'check', say('已经装好了，您正从桌面打开它。')) : [
      way(say('Chrome、Edge'), say('点右上角的三个点'), say('点【安装应用】或【添加到主屏幕】'), say('点【安装】')),
      way(say('手机自带的浏览器'), say('点下面或右上角的菜单'), say('点【添加到桌面】或【发送到桌面】'), say('有提示时，允许创建桌面快捷方式')),
      way(say('苹果手机'), say('用 Safari 打开'), say('点下面的分享按钮'), say('点【添加到主屏幕】')),
      el('p', { class: 'quiet' }, say('在微信里打开的，先点右上角，选【在浏览器打开】。')),
    ],
    actions: offer.prompt && !isThere ? [button(say('安装'), 'download', () => offer.ask(), { tone: 'primary' })] : [],
  }
}
