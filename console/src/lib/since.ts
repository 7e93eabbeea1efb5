import type { Health } from '../api/types'
import { fromLocalInput } from './time'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** From when on something is sent again: a time that was given, the last hours or days, or any other time. */
export type Since = 'given' | 'hour' | 'day' | 'week' | 'other'

const hours: Record<'hour' | 'day' | 'week', number> = { hour: 1, day: 24, week: 7 * 24 }

/**
 * From when on a destination may have missed events, RFC 3339; null when it has missed none that is known of. Recovery
 * goes by when an event was accepted, which is before its last retry made the destination unhealthy.
 */
export const missedSince = (
  health: Pick<Health, 'status' | 'since' | 'missed_since'> | null | undefined,
): string | null => health?.missed_since ?? health?.since ?? null

/** As people read it: the field that shows it knows no seconds, and what was accepted in that minute is included. */
const wholeMinute = (time: string) => new Date(Math.floor(Date.parse(time) / MINUTE_MS) * MINUTE_MS).toISOString()

/** The time that a choice means, RFC 3339; null while it is none. `other` is what a field for local times holds. */
export function sinceTime(since: Since, given: string | null, other: string, now: number): string | null {
  if (since === 'given') return given && wholeMinute(given)
  if (since === 'other') return fromLocalInput(other)
  return new Date(now - hours[since] * HOUR_MS).toISOString()
}
