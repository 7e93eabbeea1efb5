import type { Attempt } from '../../api/types'
import { marks } from '../../lib/attempt-scale'
import { outcome, succeeded } from '../../lib/deliveries'
import { clock, dayHour } from '../../lib/time'
import './attempt-line.css'

/** All attempts on one line, at distances that show the waits between them. */
export function AttemptLine({ attempts }: { attempts: readonly Attempt[] }) {
  const first = attempts[0]
  const last = attempts.at(-1)
  if (!first || !last || first === last) return null
  const sameDay = new Date(first.at).toDateString() === new Date(last.at).toDateString()
  const shown = sameDay ? clock : dayHour
  return (
    <div class="attempt-line">
      <ol aria-label="Time line of the attempts">
        {marks(attempts).map(({ attempt, place, wait }) => (
          <li
            key={attempt.number}
            class={succeeded(attempt) ? 'attempt-mark attempt-mark-good' : 'attempt-mark'}
            style={{ left: `${place}%` }}
            title={`Attempt ${attempt.number}: ${outcome(attempt)}${wait ? `, ${wait} after the one before` : ''}`}
          >
            <span class="hidden">
              {`Attempt ${attempt.number}${wait ? ` after a wait of ${wait}` : ''}: ${outcome(attempt)}`}
            </span>
          </li>
        ))}
      </ol>
      <p class="attempt-ends faint" aria-hidden="true">
        <span>{shown(first.at)}</span>
        <span>{shown(last.at)}</span>
      </p>
    </div>
  )
}
