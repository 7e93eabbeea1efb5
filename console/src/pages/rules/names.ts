import type { Rule } from '../../api/types'

/** Rules have no name: they go by what they take. `passport.flagged`, `passport.flagged and 2 more`. */
export function ruleTitle({ events }: Pick<Rule, 'events'>): string {
  const [first = 'No event types', ...more] = events
  return more.length === 0 ? first : `${first} and ${more.length} more`
}

export type RuleStatus = 'active' | 'paused' | 'unverified' | 'off'

/** How a rule stands: one that is switched off may besides be paused, or not be verified. */
export function ruleStatuses(rule: Pick<Rule, 'id' | 'enabled' | 'paused_by' | 'verified'>): RuleStatus[] {
  const statuses: RuleStatus[] = rule.enabled ? [] : ['off']
  // An address of its own pauses a rule before it is verified, too.
  if (!rule.verified && rule.paused_by.every(id => id === rule.id)) statuses.push('unverified')
  else if (rule.paused_by.length > 0) statuses.push('paused')
  return statuses.length > 0 ? statuses : ['active']
}
