/** The time spans of list filters. A custom span has a start, an end, or both. */
export const PERIODS = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last 24 hours' },
  { value: '72', label: 'Last 3 days' },
  { value: '168', label: 'Last 7 days' },
  { value: 'custom', label: 'Custom' },
] as const

const HOUR = 3_600_000
const MINUTE = 60_000

/**
 * The time span in the address of a list: `hours`, or `since` and `until`. The start is rounded down to the minute, so
 * that the request, and with it the cache key, stays the same for a minute.
 */
export function period(query: Record<string, string | undefined>, now: number): { since?: string; until?: string } {
  const hours = Number(query.hours)
  if (query.hours && hours > 0)
    return { since: new Date(Math.floor(now / MINUTE) * MINUTE - hours * HOUR).toISOString() }
  return { ...(query.since ? { since: query.since } : {}), ...(query.until ? { until: query.until } : {}) }
}

/** The selected option for the address of the page. */
export function chosenPeriod(query: Record<string, string | undefined>): string {
  if (query.since !== undefined || query.until !== undefined) return 'custom'
  return PERIODS.some(({ value }) => value === query.hours) ? (query.hours ?? '') : ''
}
