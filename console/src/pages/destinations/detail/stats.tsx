import { useRef } from 'preact/hooks'
import { ApiError } from '../../../api/error'
import { useGet } from '../../../api/hooks'
import type { Stats } from '../../../api/types'
import { formatCountdown, useCountdown } from '../../../lib/countdown'
import { asSentence, count, shortCount } from '../../../lib/plural'
import { bar, bucketText, busiest, laneNote, percent, sourceNote } from '../../../lib/stats'
import { dayHour, duration } from '../../../lib/time'
import { useWidth } from '../../../lib/use-width'
import { href, useQuery } from '../../../router/hash'
import { Choice } from '../../../ui/choice'
import { Panel } from '../../../ui/panel'
import { ErrorState, Skeleton } from '../../../ui/states'
import { Time } from '../../../ui/time'
import '../../overview/chart.css'
import './stats.css'

const PERIODS = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
] as const
/** Figures of a whole period change slowly, and reading them costs more than a row. */
const REFRESH_MS = 30_000

/** How many deliveries to a destination succeeded, and how fast. */
export function StatsPanel({ destinationId }: { destinationId: string }) {
  const [query, setQuery] = useQuery()
  const period = PERIODS.find(({ value }) => value === query.period)?.value ?? '24h'
  const { data, error, mutate } = useGet(
    '/v1/notifications/destinations/{id}/stats',
    { params: { path: { id: destinationId }, query: { period } } },
    { refreshEvery: REFRESH_MS, keepPrevious: true },
  )
  // The key belongs to a project, and the destination to all.
  if (error instanceof ApiError && error.status === 403) {
    return (
      <Panel title="Traffic">
        <p class="muted">{error.message}</p>
      </Panel>
    )
  }
  return (
    <Panel
      title="Traffic"
      actions={<Choice label="Period" options={PERIODS} value={period} onValue={period => setQuery({ period })} />}
    >
      {data ? (
        <Figures stats={data} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => void mutate()} />
      ) : (
        <Skeleton lines={4} label="Loading figures" />
      )}
    </Panel>
  )
}

function Figures({ stats }: { stats: Stats }) {
  const { totals, buckets, last_error, step_seconds } = stats
  const ms = (value: number | null | undefined) => (typeof value === 'number' ? duration(value) : '–')
  const notes = [sourceNote(stats), laneNote(stats.lane)].filter(note => note !== null)
  return (
    <div class="stack">
      <dl class="stats">
        <Figure name="Success rate" value={percent(totals.success_rate)} />
        <Figure name="Median" value={ms(totals.p50_ms)} title="Half of the attempts are faster (p50)" />
        <Figure name="95 % within" value={ms(totals.p95_ms)} title="95 % of the attempts are faster (p95)" />
        <Figure name="Attempts" value={shortCount(totals.attempts)} />
        <Figure name="Abandoned" value={shortCount(totals.deliveries_abandoned)} />
      </dl>
      <Sparkline buckets={buckets} perHour={step_seconds === 3600} />
      {last_error && (
        <p class="stats-error">
          <strong>Last error</strong> <Time at={last_error.at} />: {asSentence(last_error.message)}{' '}
          <a href={href(`/deliveries/${last_error.delivery_id}`)}>Show delivery</a>
        </p>
      )}
      <Backlog until={stats.backlog_until} />
      {notes.map(note => (
        <p key={note} class="muted stats-note">
          {note}
        </p>
      ))}
    </div>
  )
}

function Figure({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** How long a new delivery waits for its turn, if the rate is limited. */
function Backlog({ until }: { until: string | null | undefined }) {
  const seconds = useCountdown(until ? Date.parse(until) : null)
  if (seconds === 0) return null
  return (
    <p class="muted stats-note">{`A new delivery is sent in ${formatCountdown(seconds)}, after those that wait.`}</p>
  )
}

const HEIGHT = 56

/** Attempts over time, as bars and as a table for screen readers. */
function Sparkline({ buckets, perHour }: { buckets: Stats['buckets']; perHour: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const slot = width / Math.max(buckets.length, 1)
  const top = busiest(buckets)
  return (
    <div>
      <div class="sparkline" ref={box}>
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <line class="chart-axis" x1={0} x2={width} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
          {buckets.map((bucket, index) => (
            <g key={bucket.at} transform={`translate(${index * slot} 0)`}>
              <rect width={slot} height={HEIGHT} fill="transparent">
                <title>{`${dayHour(bucket.at)}: ${bucketText(bucket)}`}</title>
              </rect>
              {bar(bucket, top, HEIGHT - 1).map(({ part, y, height }) => (
                <rect
                  key={part}
                  class={`sparkline-${part}`}
                  x={slot * 0.12}
                  width={slot * 0.76}
                  y={y}
                  height={height}
                />
              ))}
            </g>
          ))}
        </svg>
      </div>
      <p class="muted stats-note">{`Attempts ${perHour ? 'per hour' : 'per six hours'}, at most ${count(top)}`}</p>
      <div class="hidden">
        <table>
          <caption>{`Attempts ${perHour ? 'per hour' : 'per six hours'}`}</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Attempts</th>
              <th scope="col">Succeeded</th>
              <th scope="col">Failed</th>
              <th scope="col">Rate limited</th>
            </tr>
          </thead>
          <tbody>
            {buckets.map(bucket => (
              <tr key={bucket.at}>
                <th scope="row">{dayHour(bucket.at)}</th>
                <td>{count(bucket.attempts)}</td>
                <td>{count(bucket.succeeded)}</td>
                <td>{count(bucket.failed)}</td>
                <td>{count(bucket.throttled)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
