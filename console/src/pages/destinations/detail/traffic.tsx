import { Gauge, Timer, Unplug } from 'lucide-preact'
import type { Health } from '../../../api/types'
import { trafficNotes } from '../../../lib/traffic'
import { useNow } from '../../../lib/use-now'
import { Notice } from '../../../ui/states'

/** What delays deliveries to a destination. Hidden while nothing does. */
export function TrafficNotice({ health }: { health: Health | null | undefined }) {
  const now = useNow(1000)
  const notes = health ? trafficNotes(health, now) : null
  const hasNotes = notes && (notes.breaker || notes.slow || notes.pace)
  // Screen readers announce only changes of an existing live region.
  return (
    <div class={hasNotes ? 'traffic' : 'hidden'} aria-live="polite">
      {notes?.breaker && (
        <Notice tone="warn" icon={<Unplug size={16} aria-hidden="true" />}>
          {notes.breaker}
        </Notice>
      )}
      {notes?.slow && <Notice icon={<Timer size={16} aria-hidden="true" />}>{notes.slow}</Notice>}
      {notes?.pace && <Notice icon={<Gauge size={16} aria-hidden="true" />}>{notes.pace}</Notice>}
    </div>
  )
}
