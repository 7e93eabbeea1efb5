import type { Health } from '../api/types'
import { clock } from './time'

/** What is out of the ordinary with the traffic to a destination, as sentences. */
export type TrafficNotes = { breaker: string | null; slow: string | null; pace: string | null }

/** `10 per second`, `0.5 per second`. */
export const perSecond = (rate: number): string => `${rate} per second`

/** Whether the breaker is open at `now`: the answer may be a few seconds old, and its time over. */
export const isOpen = ({ breaker }: Pick<Health, 'breaker'>, now: number): boolean =>
  breaker.state === 'open' && (!breaker.until || Date.parse(breaker.until) > now)

export function trafficNotes(health: Health, now: number): TrafficNotes {
  return {
    breaker: breakerNote(health, now),
    slow: health.slow ? 'Answers slowly; delivered on a separate queue.' : null,
    pace: health.pace ? paceNote(health.pace) : null,
  }
}

function breakerNote(health: Health, now: number): string | null {
  const { state, until } = health.breaker
  if (state === 'closed') return null
  if (!isOpen(health, now)) return 'Trying again now.'
  return `Not answering. Deliveries wait${until ? ` until ${clock(until)}` : ''}, then one tries again.`
}

function paceNote({ rate, source }: NonNullable<Health['pace']>): string {
  return `Limited to ${perSecond(rate)}, as ${source === 'operator' ? 'you set' : 'the receiver asked'}.`
}

/** The limit that was typed: null for none, undefined for what is no number. */
export function parseLimit(text: string): number | null | undefined {
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return null
  return /^\d*\.?\d+$/.test(trimmed) ? Number(trimmed) : undefined
}
