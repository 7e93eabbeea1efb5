import { useDestinations } from '../../api/catalogue'
import type { Destination, Rule } from '../../api/types'
import { hasId } from '../../lib/destination-id'
import { ruleLabel } from '../../lib/rule-label'
import { href } from '../../router/hash'
import { shortId } from '../../ui/id'
import { Notice } from '../../ui/states'

type Identified = Pick<Destination, 'id' | 'destination_id'>

/** The ids of the unhealthy destinations that pause a rule, without this one. */
export const pausedByOthers = (rule: Pick<Rule, 'paused_by'>, destination: Identified): string[] =>
  rule.paused_by.filter(id => !hasId(destination, id))

/** Links to destinations, separated by commas. */
export function DestinationLinks({ ids }: { ids: string[] }) {
  const { byId } = useDestinations()
  return (
    <>
      {ids.map((id, index) => {
        const of = byId.get(id)
        return (
          <span key={id}>
            {index > 0 && ', '}
            <a href={href(`/destinations/${id}`)}>
              <bdi>{of?.name || of?.destination || shortId(id)}</bdi>
            </a>
          </span>
        )
      })}
    </>
  )
}

/** The rules of a healthy destination that other destinations still pause. Renders nothing if there are none. */
export function RulesThatWait({ rules, destination }: { rules: Rule[]; destination: Identified }) {
  const waiting = rules.filter(rule => pausedByOthers(rule, destination).length > 0)
  if (waiting.length === 0) return null
  const one = waiting.length === 1
  return (
    <Notice tone="warn">
      <p>{`${one ? 'A rule that sends here is' : `${waiting.length} rules that send here are`} still paused by other destinations. Verify those too:`}</p>
      <ul>
        {waiting.map(rule => (
          <li key={rule.id}>
            <a href={href(`/rules/${rule.id}`)}>{ruleLabel(rule)}</a> waits for{' '}
            <DestinationLinks ids={pausedByOthers(rule, destination)} />.
          </li>
        ))}
      </ul>
    </Notice>
  )
}
