import { useDestinations } from '../../api/catalogue'
import type { Destination, Rule } from '../../api/types'
import { DestinationLabel } from '../../ui/destination-label'

type RuleTarget = Pick<Destination, 'id' | 'channel_type' | 'destination' | 'health' | 'verified'> & {
  name: string | null
  disabled: boolean
}

/** The destinations of a rule, without deleted ones. */
export function useRuleTargets(): (rule: Rule) => RuleTarget[] {
  const { byId } = useDestinations()
  return rule =>
    (rule.delivery_methods ?? []).map(target => {
      const { disabled = false } = byId.get(target.id) ?? {}
      return { ...target, name: target.name ?? null, disabled }
    })
}

const MAX_NAMES = 2

/** The first destinations of a rule, and the number of the others. */
export function TargetNames({ targets }: { targets: RuleTarget[] }) {
  if (targets.length === 0) return <span class="faint">None left</span>
  return (
    <span class="rule-targets">
      {targets.slice(0, MAX_NAMES).map(target => (
        <DestinationLabel key={target.id} destination={target} />
      ))}
      {targets.length > MAX_NAMES && <span class="faint">{`and ${targets.length - MAX_NAMES} more`}</span>}
    </span>
  )
}
