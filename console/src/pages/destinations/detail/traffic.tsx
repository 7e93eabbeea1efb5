import { Gauge, Timer, Unplug } from 'lucide-preact'
import type { Health } from '../../../api/types'
import { trafficSaid } from '../../../lib/traffic'
import { useNow } from '../../../lib/use-now'
import { Notice } from '../../../ui/states'

/** What delays deliveries to a destination. Nothing while they go out as they come. */
export function TrafficNotice({ health }: { health: Health | null | undefined }) {
  const now = useNow(1000)
  const said = health ? trafficSaid(health, now) : null
  const anything = said && (said.breaker || said.slow || said.pace)
  // The live region is there before the sentences, or they would not be read out.
  return (
    <div class={anything ? 'traffic' : 'hidden'} aria-live="polite">
      {said?.breaker && (
        <Notice tone="warn" icon={<Unplug size={16} aria-hidden="true" />}>
          {said.breaker}
        </Notice>
      )}
      {said?.slow && <Notice icon={<Timer size={16} aria-hidden="true" />}>{said.slow}</Notice>}
      {said?.pace && <Notice icon={<Gauge size={16} aria-hidden="true" />}>{said.pace}</Notice>}
    </div>
  )
}
