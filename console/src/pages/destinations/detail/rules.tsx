import { Plus } from 'lucide-preact'
import type { Destination } from '../../../api/types'
import { canBeTargeted } from '../../../lib/abilities'
import { ruleLabel } from '../../../lib/rule-label'
import { href } from '../../../router/hash'
import { ButtonLink } from '../../../ui/button'
import { Panel } from '../../../ui/panel'
import { ErrorState, Skeleton } from '../../../ui/states'
import { RuleStatusBadges } from '../../rules/status'
import { useRulesFor } from './use-rules'

/** The rules that send to a destination. */
export function DestinationRules({ destination }: { destination: Destination }) {
  const { rules, error, mutate } = useRulesFor(destination)
  const add = canBeTargeted(destination) && destination.verified && (
    <ButtonLink
      size="s"
      icon={<Plus size={14} />}
      href={href('/rules/new', { destination: destination.destination_id })}
    >
      Create rule
    </ButtonLink>
  )
  return (
    <Panel title="Rules" actions={add}>
      {error && !rules && <ErrorState error={error} onRetry={mutate} />}
      {!rules && !error && <Skeleton />}
      {rules?.length === 0 && <p class="muted">No rule sends here.</p>}
      {rules && rules.length > 0 && (
        <ul class="stack-s">
          {rules.map(rule => (
            <li key={rule.id} class="rule-line">
              <a href={href(`/rules/${rule.id}`)}>{ruleLabel(rule)}</a>
              <RuleStatusBadges rule={rule} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
