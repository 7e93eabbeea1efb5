import type { EventType, NewRule, OnUnhealthy, Rule, RuleChange } from '../../../api/types'

/** The possible minimum severities of a rule, in ascending order. */
export const MIN_SEVERITIES = ['info', 'warning', 'critical'] as const
export type MinSeverity = (typeof MIN_SEVERITIES)[number]

/** The values of the form for a rule. */
export type Draft = {
  events: string[]
  minSeverity: MinSeverity
  /** Either of a destination's ids: `ndst_…` or the public one. */
  destinations: string[]
  onUnhealthy: OnUnhealthy
}

export const emptyDraft = (destination?: string, event?: string): Draft => ({
  events: event ? [event] : [],
  minSeverity: 'warning',
  destinations: destination ? [destination] : [],
  onUnhealthy: 'pause',
})

const isMinSeverity = (text: string): text is MinSeverity => MIN_SEVERITIES.includes(text as MinSeverity)

/** The values for an existing rule. */
export const draftOf = (rule: Rule): Draft => ({
  events: rule.events,
  minSeverity: isMinSeverity(rule.min_severity) ? rule.min_severity : 'warning',
  destinations: rule.destination_ids,
  onUnhealthy: rule.on_unhealthy,
})

export const asNewRule = (draft: Draft): NewRule => ({
  destination_ids: draft.destinations,
  events: draft.events,
  min_severity: draft.minSeverity,
  on_unhealthy: draft.onUnhealthy,
})

/** Why a preview is not possible yet; null if it is. */
export function previewBlocker({ events, destinations }: Draft, hasOwnAddress: boolean): string | null {
  const purpose = 'to see what each destination would receive.'
  if (events.length === 0) return `Choose event types ${purpose}`
  if (destinations.length > 0) return null
  // The preview needs destination ids, and the rule's own address has none.
  if (hasOwnAddress) return `There is no preview for the rule’s own address. Choose destinations instead ${purpose}`
  return `Choose destinations ${purpose}`
}

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((item, index) => item === other[index])

/**
 * Only the changed fields. The API does not check the others again, for example a destination that has been deleted
 * since.
 */
export function changeOf(before: Draft, after: Draft): RuleChange {
  return {
    ...(same(before.events, after.events) ? {} : { events: after.events }),
    ...(before.minSeverity === after.minSeverity ? {} : { min_severity: after.minSeverity }),
    ...(same(before.destinations, after.destinations) ? {} : { destination_ids: after.destinations }),
    ...(before.onUnhealthy === after.onUnhealthy ? {} : { on_unhealthy: after.onUnhealthy }),
  }
}

const ranks: Record<string, number> = { info: 0, low: 1, medium: 2, warning: 2, high: 3, critical: 4 }

/** The chosen types whose default severity is below the minimum of the rule. */
export function belowMinSeverity(draft: Draft, types: readonly EventType[]): EventType[] {
  const minRank = ranks[draft.minSeverity] ?? 0
  return types.filter(({ type, severity }) => draft.events.includes(type) && (ranks[severity] ?? 0) < minRank)
}
