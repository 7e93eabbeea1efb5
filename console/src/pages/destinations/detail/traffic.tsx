import { Gauge, Timer, Unplug } from 'lucide-preact'
import type { Health } from '../../../api/types'
import { formatCountdown, secondsUntil } from '../../../lib/countdown'
import { opensUntil, trafficNotes } from '../../../lib/traffic'
import { useNow } from '../../../lib/use-now'
import { Notice } from '../../../ui/states'

/** What delays deliveries to a destination. Hidden while nothing does. */
export function TrafficNotice({ health }: { health: Health | null | undefined }) {
  const now = useNow(1000)
  const notes = health ? trafficNotes(health, now) : null
  const until = health ? opensUntil(health, now) : null
  const seconds = until ? secondsUntil(Date.parse(until), now) : 0
  const hasNotes = notes && (notes.breaker || notes.slow || notes.pace)
  // Screen readers announce only changes of an existing live region.
  return (
    <div class={hasNotes ? 'traffic' : 'hidden'} aria-live="polite">
      {notes?.breaker && (
        <Notice tone="warn" icon={<Unplug size={16} aria-hidden="true" />}>
          {notes.breaker}
          {seconds > 0 && <span aria-hidden="true">{` ${formatCountdown(seconds)} left.`}</span>}
        </Notice>
      )}
      {notes?.slow && <Notice icon={<Timer size={16} aria-hidden="true" />}>{notes.slow}</Notice>}
      {notes?.pace && <Notice icon={<Gauge size={16} aria-hidden="true" />}>{notes.pace}</Notice>}
    </div>
  )
}
