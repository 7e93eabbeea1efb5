import type { Destination, Rule } from '../../../api/types'
import { hasId } from '../../../lib/destination-id'

/** Whether a rule sends to a destination, under either of its ids. */
export function targets(rule: Rule, destination: Pick<Destination, 'id' | 'destination_id' | 'belongs_to'>): boolean {
  if (destination.belongs_to === 'channel') return rule.id === destination.id
  return rule.destination_ids.some(id => hasId(destination, id))
}
