import type { EventType, NewRule, OnUnhealthy, Rule, RuleChange } from '../../../api/types'

/** The severities that a rule can begin at, from least to most. */
export const MIN_SEVERITIES = ['info', 'warning', 'critical'] as const
export type MinSeverity = (typeof MIN_SEVERITIES)[number]

/** A rule as it stands in the form. */
export type Draft = {
  events: string[]
  minSeverity: MinSeverity
  /** By any of their ids (`ndst_…`, or the public one of the API that made it). */
  destinations: string[]
  onUnhealthy: OnUnhealthy
}

export const emptyDraft = (destination: string | undefined): Draft => ({
  events: [],
  minSeverity: 'warning',
  destinations: destination ? [destination] : [],
  onUnhealthy: 'pause',
})

const isMinSeverity = (text: string): text is MinSeverity => MIN_SEVERITIES.includes(text as MinSeverity)

/** A rule that there is. */
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

/** Why there is no preview of a rule yet; null when there can be one. */
export function previewBlocker({ events, destinations }: Draft, hasOwnAddress: boolean): string | null {
  const purpose = 'to see what each destination would get.'
  if (events.length === 0) return `Choose event types ${purpose}`
  if (destinations.length > 0) return null
  // The API previews destinations by their ids, and an address of a rule's own has none.
  if (hasOwnAddress)
    return `There is no preview for an address of the rule’s own. Choose destinations in its place ${purpose}`
  return `Choose destinations ${purpose}`
}

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((item, index) => item === other[index])

/** Only what differs: what stays is not judged anew, such as a destination that was deleted meanwhile. */
export function changeOf(before: Draft, after: Draft): RuleChange {
  return {
    ...(same(before.events, after.events) ? {} : { events: after.events }),
    ...(before.minSeverity === after.minSeverity ? {} : { min_severity: after.minSeverity }),
    ...(same(before.destinations, after.destinations) ? {} : { destination_ids: after.destinations }),
    ...(before.onUnhealthy === after.onUnhealthy ? {} : { on_unhealthy: after.onUnhealthy }),
  }
}

const ranks: Record<string, number> = { info: 0, low: 1, medium: 2, warning: 2, high: 3, critical: 4 }

/** The chosen types whose events are less severe than the rule asks for, unless they are posted with a severity of their own. */
export function belowMinSeverity(draft: Draft, types: readonly EventType[]): EventType[] {
  const minRank = ranks[draft.minSeverity] ?? 0
  return types.filter(({ type, severity }) => draft.events.includes(type) && (ranks[severity] ?? 0) < minRank)
}
