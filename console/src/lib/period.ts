/** The spans of time that lists can be cut to; a custom one has times of its own. */
export const PERIODS = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last 24 hours' },
  { value: '72', label: 'Last 3 days' },
  { value: '168', label: 'Last 7 days' },
  { value: 'custom', label: 'Between…' },
] as const

const HOUR = 3_600_000
const MINUTE = 60_000

/**
 * From when to when a list's address asks for: `hours`, or `since` and `until`. The beginning is cut to the minute, so that the
 * same question is not asked anew with every look at the clock.
 */
export function period(query: Record<string, string | undefined>, now: number): { since?: string; until?: string } {
  const hours = Number(query.hours)
  if (query.hours && hours > 0)
    return { since: new Date(Math.floor(now / MINUTE) * MINUTE - hours * HOUR).toISOString() }
  return { ...(query.since ? { since: query.since } : {}), ...(query.until ? { until: query.until } : {}) }
}

/** What the select of periods shows for an address. */
export function chosenPeriod(query: Record<string, string | undefined>): string {
  if (query.since !== undefined || query.until !== undefined) return 'custom'
  return PERIODS.some(({ value }) => value === query.hours) ? (query.hours ?? '') : ''
}
