import type { Rule } from '../../api/types'
import { plural } from '../../lib/plural'
import { href } from '../../router/hash'
import { HealthBadge } from '../../ui/badge'
import { DestinationLabel } from '../../ui/destination-label'
import { Panel } from '../../ui/panel'
import { Notice } from '../../ui/states'
import { useRuleTargets } from './targets'

/** A rule's destinations, each with its health. */
export function Targets({ rule }: { rule: Rule }) {
  const targets = useRuleTargets()(rule)
  const deletedCount = rule.destination_ids.length - targets.length
  return (
    <Panel title="Sends to" flush>
      {deletedCount > 0 && (
        <div class="rule-destination">
          <Notice tone="warn">
            {`${plural(deletedCount, 'destination')} of this rule ${deletedCount === 1 ? 'was' : 'were'} deleted. Deliveries to ${deletedCount === 1 ? 'it' : 'them'} are recorded as abandoned. Edit the rule to remove ${deletedCount === 1 ? 'it' : 'them'}.`}
          </Notice>
        </div>
      )}
      <ul>
        {targets.map(target => (
          <li key={target.id} class="rule-destination">
            <a href={href(`/destinations/${target.id}`)}>
              <DestinationLabel destination={target} />
            </a>
            <HealthBadge health={target.health} verified={target.verified} disabled={target.disabled} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
