import type { DeliveryState, Outcomes } from '../../api/types'
import { count } from '../../lib/plural'
import { href } from '../../router/hash'
import { stateStyles } from '../../ui/badge'
import './totals.css'

const ORDER: readonly DeliveryState[] = ['succeeded', 'failed', 'abandoned', 'held', 'pending']

/** The number of deliveries in each state, with links to them. Also the legend of the chart. */
export function Totals({ totals, hours }: { totals: Outcomes; hours: string }) {
  return (
    <ul class="totals">
      {ORDER.map(state => {
        const { icon: Icon, label, description: means } = stateStyles[state]
        return (
          <li key={state}>
            <a href={href('/deliveries', { state, hours })} title={means} class="total">
              <span class="total-label">
                <span class={`chart-dot chart-${state}`} />
                {label}
                <Icon size={13} aria-hidden="true" />
              </span>
              <span class="total-figure">{count(totals[state])}</span>
            </a>
          </li>
        )
      })}
    </ul>
  )
}
