import type { EventType, NewRule, OnUnhealthy, Rule, RuleChange } from '../../../api/types'

/** The severities that a rule can begin at, from least to most. */
export const LEAST = ['info', 'warning', 'critical'] as const
export type Least = (typeof LEAST)[number]

/** A rule as it stands in the form. */
export type Draft = {
  events: string[]
  least: Least
  /** By any of their ids (`ndst_…`, or the public one of the API that made it). */
  destinations: string[]
  onUnhealthy: OnUnhealthy
}

export const emptyDraft = (destination: string | undefined): Draft => ({
  events: [],
  least: 'warning',
  destinations: destination ? [destination] : [],
  onUnhealthy: 'pause',
})

const isLeast = (text: string): text is Least => LEAST.includes(text as Least)

/** A rule that there is. */
export const draftOf = (rule: Rule): Draft => ({
  events: rule.events,
  least: isLeast(rule.min_severity) ? rule.min_severity : 'warning',
  destinations: rule.destination_ids,
  onUnhealthy: rule.on_unhealthy,
})

export const asNewRule = (draft: Draft): NewRule => ({
  destination_ids: draft.destinations,
  events: draft.events,
  min_severity: draft.least,
  on_unhealthy: draft.onUnhealthy,
})

/** Why there is no preview of a rule yet; null when there can be one. */
export function missingFor({ events, destinations }: Draft, hasOwn: boolean): string | null {
  const toSee = 'to see what each destination would get.'
  if (events.length === 0) return `Choose event types ${toSee}`
  if (destinations.length > 0) return null
  // The API previews destinations by their ids, and an address of a rule's own has none.
  if (hasOwn) return `There is no preview for an address of the rule’s own. Choose destinations in its place ${toSee}`
  return `Choose destinations ${toSee}`
}

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((item, index) => item === other[index])

/** Only what differs: what stays is not judged anew, such as a destination that was deleted meanwhile. */
export function changeOf(before: Draft, after: Draft): RuleChange {
  return {
    ...(same(before.events, after.events) ? {} : { events: after.events }),
    ...(before.least === after.least ? {} : { min_severity: after.least }),
    ...(same(before.destinations, after.destinations) ? {} : { destination_ids: after.destinations }),
    ...(before.onUnhealthy === after.onUnhealthy ? {} : { on_unhealthy: after.onUnhealthy }),
  }
}

const ranks: Record<string, number> = { info: 0, low: 1, medium: 2, warning: 2, high: 3, critical: 4 }

/** The chosen types whose events are less severe than the rule asks for, unless they are posted with a severity of their own. */
export function tooMild(draft: Draft, types: readonly EventType[]): EventType[] {
  const least = ranks[draft.least] ?? 0
  return types.filter(({ type, severity }) => draft.events.includes(type) && (ranks[severity] ?? 0) < least)
}
