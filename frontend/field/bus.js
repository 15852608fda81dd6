// One word for all tabs and the worker: something that is kept has changed.

const channel = 'BroadcastChannel' in self ? new BroadcastChannel('tongxin-field') : null
const listeners = new Set()

/** Call `act(word)` whenever this tab, another one or the worker says something. */
export const listen = (act) => listeners.add(act)

function hear(word) {
  for (const act of listeners) act(word)
}

export function tell(word) {
  hear(word)
  channel?.postMessage(word)
}

if (channel) channel.onmessage = ({ data }) => hear(data)
