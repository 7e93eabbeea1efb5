import type { ResendRun } from '../api/resend'
import { count, plural } from '../lib/plural'
import { skipTexts, sorted, type Tally } from '../lib/resend'
import { Button } from './button'
import { DestinationLabelById } from './destination-label'
import { FormError, Notice } from './states'
import './resend.css'

/** The most frequent event types that are named. */
const MAX_TYPES = 4

export const deliveries = (n: number) => plural(n, 'delivery', 'deliveries')

/** The deliveries by destination and event type, and why some are skipped. */
export function ResendCounts({ tally }: { tally: Tally }) {
  const all = sorted(tally)
  if (all.length === 0) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be focusable
    <ul class="resend-list" aria-label="Deliveries by destination" tabIndex={0}>
      {all.map(({ id, count: n, skipped, eventTypes }) => (
        <li key={id}>
          {skipped === 'destination_deleted' ? <span>A deleted destination</span> : <DestinationLabelById id={id} />}
          <span class="resend-count">{count(n)}</span>
          <span class="resend-types">
            {skipped && <strong>{`${skipTexts[skipped]}. `}</strong>}
            {types(eventTypes)}
          </span>
        </li>
      ))}
    </ul>
  )
}

function types(eventTypes: Map<string, number>): string {
  const most = [...eventTypes].sort(([, a], [, b]) => b - a)
  const named = most.slice(0, MAX_TYPES).map(([type, n]) => `${type} (${count(n)})`)
  return [...named, ...(most.length > MAX_TYPES ? [`${most.length - MAX_TYPES} more types`] : [])].join(', ')
}

/** The progress of a resend with a button to stop, and then its result. `total` is the number that was counted. */
export function ResendProgress({ run, total }: { run: ResendRun; total: number }) {
  const { phase, tally, error, stop } = run
  if (phase === 'idle') return null
  const skipped = tally.matched - tally.queued
  if (phase === 'running') {
    return (
      <div class="stack-s">
        <progress class="resend-progress" aria-label="Sending again" max={Math.max(total, 1)} value={tally.queued} />
        <div class="spread">
          <p role="status">{`${count(tally.queued)} of ${deliveries(total)} on the way again…`}</p>
          <Button size="s" onClick={stop}>
            Stop
          </Button>
        </div>
      </div>
    )
  }
  const sent = `${deliveries(tally.queued)} on the way again.`
  return (
    <div class="stack-s" role="status">
      {phase === 'done' ? (
        <Notice tone={tally.queued > 0 || skipped === 0 ? 'good' : 'warn'}>
          {sent}
          {skipped > 0 && ` ${deliveries(skipped)} skipped.`}
        </Notice>
      ) : (
        <Notice tone="warn">
          {phase === 'stopped' ? `Stopped. ${sent} The rest was not sent.` : `${sent} The rest was not sent.`}
        </Notice>
      )}
      <FormError error={error} />
    </div>
  )
}
