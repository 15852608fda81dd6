// What a checklist asks, given what was answered so far. Plain rules, the same as the house's.

const given = (answer) => answer?.value !== undefined && answer?.value !== null && answer?.value !== ''

/** Return the items that are asked: those without a condition, and those whose condition was answered so. */
export function asked(items, answers) {
  const shown = new Set()
  return items.filter((item) => {
    const [code, wanted] = item.condition ?? []
    const isAsked = !code || (shown.has(code) && given(answers[code]) && String(answers[code].value) === String(wanted))
    if (isAsked) shown.add(item.code)
    return isAsked
  })
}

const COMPARE = { '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b, '=': (a, b) => a === b }

/** Whether an answer is bad by the item's rule (the grammar of fieldwork's `queries.asking`). */
export function isBad(item, answer) {
  const rule = item.bad_when
  if (!given(answer) || !rule) return false
  if (item.type === 'text') return rule === 'any'
  if (item.type === 'yes_no') return answer.value === rule
  if (item.type === 'choice') return rule.split('|').includes(answer.value)
  const [, sign, limit] = rule.match(/^(<=|>=|<|>|=)\s*(-?[\d.]+)$/) ?? []
  return Boolean(sign) && COMPARE[sign](Number(answer.value), Number(limit))
}

export const needsPhoto = (item, answer) => item.type === 'photo' ? item.required : item.needs_photo === 'always' || (item.needs_photo === 'when_bad' && isBad(item, answer))

/** Return {code: 'value' | 'photo' | 'number'}: what is missing or wrong. `counts` is photos by code. */
export function missing(items, answers, counts) {
  const found = {}
  for (const item of asked(items, answers)) {
    const answer = answers[item.code]
    const isNumber = item.type === 'number' || item.type === 'score'
    if (item.type !== 'photo' && item.required && !given(answer)) found[item.code] = 'value'
    else if (isNumber && given(answer) && !Number.isFinite(Number(answer.value))) found[item.code] = 'number'
    else if (item.type === 'score' && given(answer) && (Number(answer.value) < 0 || Number(answer.value) > Number(item.max_score))) found[item.code] = 'score'
    else if (needsPhoto(item, answer) && !counts[item.code]) found[item.code] = 'photo'
  }
  return found
}

export const isGiven = given
