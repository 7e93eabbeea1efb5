import { CircleAlert, CircleCheck, Clock } from 'lucide-preact'
import type { Attempt, Delivery } from '../../api/types'
import { outcome, succeeded } from '../../lib/deliveries'
import { asSentence } from '../../lib/plural'
import { clock, duration } from '../../lib/time'
import { Json } from '../../ui/json'
import { Panel } from '../../ui/panel'
import { EmptyState } from '../../ui/states'
import { Due, Time } from '../../ui/time'
import { Timeline, TimelineEntry } from '../../ui/timeline'
import { AttemptLine } from './attempt-line'
import { Headers } from './headers'
import './attempts.css'

/** The next attempt of a delivery, and all earlier ones, newest first. */
export function Attempts({ delivery }: { delivery: Delivery }) {
  const { attempts, attempt_count, next_attempt_at } = delivery
  const newestFirst = attempts.toReversed()
  const limitText = attempt_count > attempts.length ? `The newest ${attempts.length} of ${attempt_count}` : undefined
  return (
    <Panel title="Attempts" hint={limitText}>
      {attempts.length === 0 && !next_attempt_at ? (
        <EmptyState icon={<Clock size={20} />} title="No attempts yet">
          {delivery.state === 'pending'
            ? 'The first attempt follows in a moment.'
            : 'Retry the delivery to make an attempt.'}
        </EmptyState>
      ) : (
        <>
          <AttemptLine attempts={attempts} />
          <Timeline label="Attempts, newest first">
            {next_attempt_at && (
              <TimelineEntry icon={Clock} tone="grey">
                <p>
                  <strong>Next attempt</strong> <Due at={next_attempt_at} />
                </p>
              </TimelineEntry>
            )}
            {newestFirst.map((attempt, index) => (
              <AttemptEntry key={attempt.number} attempt={attempt} open={index === 0} />
            ))}
          </Timeline>
        </>
      )}
    </Panel>
  )
}

function AttemptEntry({ attempt, open }: { attempt: Attempt; open: boolean }) {
  const ok = succeeded(attempt)
  return (
    <TimelineEntry icon={ok ? CircleCheck : CircleAlert} tone={ok ? 'green' : 'red'}>
      <details class="attempt" open={open}>
        <summary>
          <span class="attempt-title">{`Attempt ${attempt.number}`}</span>
          <span class={ok ? 'attempt-good' : 'attempt-bad'}>{outcome(attempt)}</span>
          <span class="muted">{duration(attempt.duration_ms)}</span>
          <span class="attempt-at muted">
            {clock(attempt.at)} · <Time at={attempt.at} />
          </span>
        </summary>
        <div class="stack attempt-body">
          {attempt.error && <p class="attempt-bad">{asSentence(attempt.error)}</p>}
          <Headers title="Request headers" headers={sent(attempt)} />
          <section class="stack-s">
            <h3>{attempt.status ? `Response: ${attempt.status}` : 'Response'}</h3>
            {attempt.note && <p class="muted">{asSentence(attempt.note)}</p>}
            {attempt.response ? (
              <Json text={attempt.response} label="response" />
            ) : (
              <p class="muted">{attempt.status ? 'The response had no body.' : 'No response.'}</p>
            )}
          </section>
          <Headers
            title="Response headers"
            headers={attempt.response_headers ?? []}
            cut={attempt.response_headers_cut ?? false}
          />
        </div>
      </details>
    </TimelineEntry>
  )
}

const sent = ({ request_headers }: Attempt) =>
  Object.entries(request_headers ?? {}).map(([name, value]) => ({ name, value }))
