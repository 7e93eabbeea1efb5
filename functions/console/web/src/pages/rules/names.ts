import type { Rule } from '../../api/types'

/** Rules have no name: they go by what they take. `passport.flagged`, `passport.flagged and 2 more`. */
export function ruleTitle({ events }: Pick<Rule, 'events'>): string {
  const [first = 'No event types', ...more] = events
  return more.length === 0 ? first : `${first} and ${more.length} more`
}

/** How a rule stands. The API tells that it is paused even of one that is switched off. */
export type RuleStanding = 'active' | 'paused' | 'unverified' | 'off'

export function ruleStanding(rule: Pick<Rule, 'id' | 'active' | 'paused_by' | 'verified'>): RuleStanding {
  // An address of its own pauses a rule before it is verified, too.
  if (!rule.verified && rule.paused_by.every(id => id === rule.id)) return 'unverified'
  if (rule.paused_by.length > 0) return 'paused'
  if (!rule.active) return 'off'
  return 'active'
}
