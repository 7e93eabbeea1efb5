import type { Health } from '../api/types'
import { clock } from './time'

/** What delays deliveries to a destination, as sentences. */
export type TrafficNotes = { breaker: string | null; slow: string | null; pace: string | null }

/** `10 per second`, `0.5 per second`. */
export const perSecond = (rate: number): string => `${rate} per second`

/** Whether the breaker is open at `now`. The API's answer may be a few seconds old, and `until` past. */
export const isOpen = ({ breaker }: Pick<Health, 'breaker'>, now: number): boolean =>
  breaker.state === 'open' && (!breaker.until || Date.parse(breaker.until) > now)

export function trafficNotes(health: Health, now: number): TrafficNotes {
  return {
    breaker: breakerNote(health, now),
    slow: health.slow ? 'Responds slowly. Deliveries use a separate queue.' : null,
    pace: health.pace ? paceNote(health.pace) : null,
  }
}

/** When an open breaker lets the next attempt through (RFC 3339); null while it is not open. */
export const opensUntil = (health: Pick<Health, 'breaker'>, now: number): string | null =>
  isOpen(health, now) ? (health.breaker.until ?? null) : null

function breakerNote(health: Health, now: number): string | null {
  const { state, until } = health.breaker
  if (state === 'closed') return null
  if (!isOpen(health, now)) return 'Retrying now.'
  return `Not responding. Deliveries wait${until ? ` until ${clock(until)}` : ''}. Then one delivery is attempted.`
}

function paceNote({ rate, source }: NonNullable<Health['pace']>): string {
  const reason = source === 'operator' ? 'by your setting' : 'at the request of the receiver'
  return `Limited to ${perSecond(rate)} ${reason}.`
}

/** Parses a limit: null for none, undefined if the text is not a number. */
export function parseLimit(text: string): number | null | undefined {
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return null
  return /^\d*\.?\d+$/.test(trimmed) ? Number(trimmed) : undefined
}
