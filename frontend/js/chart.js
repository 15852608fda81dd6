// Charts: <div data-chart="id of a json_script" role="img" aria-label="…">; the page brings the table beside it.
// The script holds {"kind": "bar"|"line"|"stack"|"ring", "x": [words], "unit": "件", "urls": [url of each x],
//                   "series": [{"name", "data": [numbers], "tone"}]}.
import { BarChart, LineChart, PieChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { say, token } from './page.js'

use([BarChart, LineChart, PieChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer])

const TONES = ['working', 'done', 'waiting', 'verify', 'late', 'idle']
const colourOf = (series, index) => token(`${series.tone ?? TONES[index % TONES.length]}-solid`)

function shared(spec, text) {
  return {
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    animationDuration: 300,
    color: spec.series.map(colourOf),
    textStyle: { ...text, color: token('ink-2') },
    aria: { enabled: true, decal: { show: spec.series.length > 1 && spec.kind !== 'line' } },
    legend: { show: spec.series.length > 1 || spec.kind === 'ring', bottom: 0, itemWidth: 14, itemHeight: 10, textStyle: { ...text, color: token('ink-2') } },
    tooltip: { trigger: spec.kind === 'ring' ? 'item' : 'axis', confine: true, textStyle: { ...text, color: token('ink') }, valueFormatter: (value) => `${value ?? '–'} ${spec.unit ?? ''}` },
  }
}

function ring(spec, text) {
  const data = spec.x.map((name, index) => ({ name, value: spec.series[0].data[index] }))
  return {
    ...shared(spec, text),
    color: TONES.map((tone) => token(`${tone}-solid`)),
    series: [{ type: 'pie', radius: ['48%', '72%'], center: ['50%', '44%'], data, label: { formatter: '{b} {c}', fontSize: text.fontSize }, itemStyle: { borderColor: token('surface'), borderWidth: 2 } }],
  }
}

/** Bars lie down where the words below them would not fit. */
function axes(spec, text, lying) {
  const label = { ...text, color: token('ink-2') }
  const words = { type: 'category', data: spec.x, inverse: lying, axisLabel: { ...label, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: token('line-strong') } } }
  const figures = { type: 'value', name: lying ? '' : spec.unit, nameTextStyle: { ...label, align: 'left' }, axisLabel: label, splitLine: { lineStyle: { color: token('line') } }, minInterval: spec.fraction ? 0 : 1 }
  return {
    ...shared(spec, text),
    grid: { left: 8, right: 16, top: spec.unit && !lying ? 2.25 * text.fontSize : 12, bottom: spec.series.length > 1 ? 2.75 * text.fontSize : 8, containLabel: true },
    xAxis: lying ? figures : words,
    yAxis: lying ? words : figures,
    series: spec.series.map((series) => ({
      name: series.name, data: series.data, type: spec.kind === 'line' ? 'line' : 'bar', stack: spec.kind === 'stack' ? 'all' : undefined,
      barMaxWidth: 32, symbolSize: 7, lineStyle: { width: 2.5 }, itemStyle: { borderRadius: spec.kind === 'bar' ? 3 : 0 },
      cursor: spec.urls ? 'pointer' : 'default',
    })),
  }
}

export function drawChart(element) {
  const spec = JSON.parse(document.getElementById(element.dataset.chart).textContent)
  if (!spec.series.some((series) => series.data.length)) {
    element.textContent = say('没有数据')
    return
  }
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const text = { fontFamily: token('font'), fontSize: 0.875 * rem }
  const letters = Math.max(...spec.x.map((word) => word.length))
  const lying = ['bar', 'stack'].includes(spec.kind) && spec.x.length * (letters + 1) * text.fontSize > element.clientWidth
  if (lying) element.style.height = `${spec.x.length * 2.5 + 5}rem`
  else element.style.height = '18rem'
  const chart = init(element, null, { renderer: 'svg' })
  chart.setOption(spec.kind === 'ring' ? ring(spec, text) : axes(spec, text, lying))
  if (spec.urls) chart.on('click', ({ dataIndex }) => spec.urls[dataIndex] && location.assign(spec.urls[dataIndex]))
  new ResizeObserver(() => chart.resize()).observe(element)
  addEventListener('beforeprint', () => chart.resize())
  element.dataset.ready = ''
}
