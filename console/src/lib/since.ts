import type { Health } from '../api/types'
import { fromLocalInput } from './time'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The start of a recovery: a given time, a number of hours or days ago, or another time. */
export type Since = 'given' | 'hour' | 'day' | 'week' | 'other'

const hours: Record<'hour' | 'day' | 'week', number> = { hour: 1, day: 24, week: 7 * 24 }

/**
 * Since when a destination may have missed events (RFC 3339); null if it has missed none. Recovery selects events by
 * the time of their acceptance, which is earlier than the failed retry that made the destination unhealthy.
 */
export const missedSince = (
  health: Pick<Health, 'status' | 'since' | 'missed_since'> | null | undefined,
): string | null => health?.missed_since ?? health?.since ?? null

/** Rounds down to the minute: the field shows no seconds, and events of that minute must be included. */
const wholeMinute = (time: string) => new Date(Math.floor(Date.parse(time) / MINUTE_MS) * MINUTE_MS).toISOString()

/** The time of a choice (RFC 3339); null if there is none. `other` is the value of an input for local times. */
export function sinceTime(since: Since, given: string | null, other: string, now: number): string | null {
  if (since === 'given') return given && wholeMinute(given)
  if (since === 'other') return fromLocalInput(other)
  return new Date(now - hours[since] * HOUR_MS).toISOString()
}
