import type { DeliveryState, Overview } from '../../api/types'
import { count } from '../../lib/plural'
import { href } from '../../router/hash'
import { stateFaces } from '../../ui/badge'
import './totals.css'

const ORDER: readonly DeliveryState[] = ['succeeded', 'failed', 'abandoned', 'held', 'pending']

/** How many deliveries of each outcome there were; each leads to them. It is the chart's legend too. */
export function Totals({ overview }: { overview: Overview }) {
  return (
    <ul class="totals">
      {ORDER.map(state => {
        const { icon: Icon, label, means } = stateFaces[state]
        return (
          <li key={state}>
            <a href={href('/deliveries', { state, since: overview.since })} title={means} class="total">
              <span class="total-label">
                <span class={`chart-dot chart-${state}`} />
                {label}
                <Icon size={13} aria-hidden="true" />
              </span>
              <span class="total-figure">{count(overview.totals[state])}</span>
            </a>
          </li>
        )
      })}
    </ul>
  )
}
