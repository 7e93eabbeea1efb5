import { useDestinations } from '../../api/catalogue'
import type { Destination, Rule } from '../../api/types'
import { DestinationFace } from '../../ui/destination-label'

type Shown = Pick<Destination, 'id' | 'channel_type' | 'destination' | 'health' | 'verified'> & {
  name: string | null
  disabled: boolean
}

/** A rule's destinations with what is known of them; those that are deleted are left out. */
export function useTargets(): (rule: Rule) => Shown[] {
  const { byId } = useDestinations()
  return rule =>
    (rule.delivery_methods ?? []).map(of => {
      const { name = null, disabled = false } = byId.get(of.id) ?? {}
      return { ...of, name, disabled }
    })
}

const MOST = 2

/** The first of a rule's destinations, and how many more there are. */
export function TargetNames({ targets }: { targets: Shown[] }) {
  if (targets.length === 0) return <span class="faint">None is left</span>
  return (
    <span class="rule-targets">
      {targets.slice(0, MOST).map(of => (
        <DestinationFace key={of.id} of={of} />
      ))}
      {targets.length > MOST && <span class="faint">{`and ${targets.length - MOST} more`}</span>}
    </span>
  )
}
