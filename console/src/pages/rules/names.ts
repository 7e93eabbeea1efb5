import type { Rule } from '../../api/types'

export type RuleStatus = 'active' | 'paused' | 'unverified' | 'disabled'

/** The statuses of a rule. A disabled rule can also be paused or not verified. */
export function ruleStatuses(rule: Pick<Rule, 'id' | 'enabled' | 'paused_by' | 'verified'>): RuleStatus[] {
  const statuses: RuleStatus[] = rule.enabled ? [] : ['disabled']
  // A rule's own address also pauses the rule until it is verified.
  if (!rule.verified && rule.paused_by.every(id => id === rule.id)) statuses.push('unverified')
  else if (rule.paused_by.length > 0) statuses.push('paused')
  return statuses.length > 0 ? statuses : ['active']
}
