import type { Rule } from '../api/types'

const some = (names: readonly string[], none: string): string => {
  const [first = none, ...more] = names
  return more.length === 0 ? first : `${first} and ${more.length} more`
}

/**
 * The label of a rule, which has no name: `passport.flagged → #incidents`, `passport.flagged and 2 more → Shop and 1
 * more`. Without names, it has only the event types.
 */
export function ruleLabel({ events }: Pick<Rule, 'events'>, names?: readonly string[]): string {
  const types = some(events, 'No event types')
  return names ? `${types} → ${some(names, 'no destination')}` : types
}
