import { useRef, useState } from 'preact/hooks'
import type { Outcomes, Overview } from '../../api/types'
import { labelIndexes, STACK_ORDER, segments, sum, ticks } from '../../lib/chart'
import { count, shortCount } from '../../lib/plural'
import { dayHour, hour, weekdayHour } from '../../lib/time'
import { useWidth } from '../../lib/use-width'
import { navigate } from '../../router/hash'
import { stateStyles } from '../../ui/badge'
import './chart.css'

const HEIGHT = 208
const LEFT = 40
const TOP = 10
const BOTTOM = 24

type Bucket = Overview['buckets'][number]

/** Deliveries by state and time. The arrow keys move between bars, and Enter opens the deliveries of a bar. */
export function Chart({ overview }: { overview: Overview }) {
  const { buckets, step_seconds: step } = overview
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [at, setAt] = useState<number | null>(null)

  const plot = Math.max(width - LEFT, 0)
  const slot = plot / Math.max(buckets.length, 1)
  const scale = ticks(Math.max(...buckets.map(sum), 0))
  const top = scale.at(-1) ?? 1
  const y = (n: number) => TOP + HEIGHT - (n / top) * HEIGHT
  const long = buckets.length * step > 86_400
  const open = (index: number) => {
    const bucket = buckets[index]
    if (bucket) navigate('/deliveries', span(bucket, step))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -buckets.length, End: buckets.length }
    const by = steps[event.key]
    if (by !== undefined) {
      event.preventDefault()
      setAt(Math.min(Math.max((at ?? buckets.length - 1) + by, 0), buckets.length - 1))
    } else if (event.key === 'Enter' && at !== null) open(at)
  }
  const shown = at === null ? undefined : buckets[at]

  return (
    <div class="chart" ref={box}>
      <div
        class="chart-plot"
        role="slider"
        tabIndex={0}
        aria-label="Deliveries over time"
        aria-valuemin={0}
        aria-valuemax={buckets.length - 1}
        aria-valuenow={at ?? buckets.length - 1}
        aria-valuetext={bucketText(shown ?? buckets.at(-1))}
        onKeyDown={onKeyDown}
        onFocus={() => setAt(current => current ?? buckets.length - 1)}
        onBlur={() => setAt(null)}
        onPointerLeave={() => setAt(null)}
      >
        <svg width={width} height={TOP + HEIGHT + BOTTOM} aria-hidden="true">
          {scale.map(n => (
            <g key={n}>
              <line class={n === 0 ? 'chart-axis' : 'chart-grid'} x1={LEFT} x2={width} y1={y(n)} y2={y(n)} />
              <text class="chart-label" x={LEFT - 8} y={y(n) + 4} text-anchor="end">
                {shortCount(n)}
              </text>
            </g>
          ))}
          {buckets.map((bucket, index) => (
            <g key={bucket.at} transform={`translate(${LEFT + index * slot} 0)`}>
              {at === index && <rect class="chart-hover" width={slot} y={TOP} height={HEIGHT} />}
              {segments(bucket, top, HEIGHT).map(part => (
                <rect
                  key={part.state}
                  class={`chart-${part.state}`}
                  x={slot * 0.14}
                  width={slot * 0.72}
                  y={TOP + part.y}
                  height={part.height}
                />
              ))}
              {/* biome-ignore lint/a11y/noStaticElementInteractions: the slider around it handles the keys */}
              <rect
                width={slot}
                y={TOP}
                height={HEIGHT}
                fill="transparent"
                class="chart-hit"
                onPointerEnter={() => setAt(index)}
                onClick={() => open(index)}
              />
            </g>
          ))}
          {labelIndexes(
            buckets.map(bucket => bucket.at),
            step,
            plot,
            long ? 84 : 52,
          ).map(index => {
            const bucket = buckets[index]
            return (
              bucket && (
                <text key={bucket.at} class="chart-label" x={LEFT + index * slot + 2} y={TOP + HEIGHT + 17}>
                  {(long ? weekdayHour : hour)(bucket.at)}
                </text>
              )
            )
          })}
        </svg>
        {shown && at !== null && <Tip bucket={shown} x={LEFT + (at + 0.5) * slot} width={width} />}
      </div>
    </div>
  )
}

/** The query for the deliveries of a bucket. */
function span(bucket: Bucket, step: number) {
  return { since: bucket.at, until: new Date(Date.parse(bucket.at) + step * 1000).toISOString() }
}

function bucketText(bucket: Bucket | undefined): string {
  if (!bucket) return 'No deliveries'
  const parts = STACK_ORDER.filter(state => bucket[state] > 0).map(state => `${bucket[state]} ${state}`)
  return `${dayHour(bucket.at)}: ${parts.join(', ') || 'no deliveries'}`
}

function Tip({ bucket, x, width }: { bucket: Outcomes & { at: string }; x: number; width: number }) {
  const some = STACK_ORDER.filter(state => bucket[state] > 0).toReversed()
  // Beside the bar, on the side with more room.
  const position = x > width / 2 ? { right: `${width - x + 14}px` } : { left: `${x + 14}px` }
  return (
    <div class="chart-tip" style={position} aria-hidden="true">
      <p class="chart-tip-head">{dayHour(bucket.at)}</p>
      {some.map(state => (
        <p key={state} class="spread">
          <span class="row">
            <span class={`chart-dot chart-${state}`} />
            {stateStyles[state].label}
          </span>
          <strong>{count(bucket[state])}</strong>
        </p>
      ))}
      {some.length === 0 && <p class="muted">No deliveries</p>}
    </div>
  )
}
