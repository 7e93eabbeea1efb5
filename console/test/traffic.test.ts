import { describe, expect, it } from 'vitest'
import type { Destination, Health } from '../src/api/types'
import { canLimit } from '../src/lib/abilities'
import { clock } from '../src/lib/time'
import { parseLimit, trafficNotes } from '../src/lib/traffic'
import { healthy } from './fixtures'

const UNTIL = '2026-04-15T14:05:00.000Z'
const BEFORE = Date.parse(UNTIL) - 20_000
const notes = (health: Partial<Health>, now = BEFORE) => trafficNotes({ ...healthy, ...health }, now)

describe('the traffic to a destination', () => {
  it('has no notes while nothing delays it', () => {
    expect(notes({})).toEqual({ breaker: null, slow: null, pace: null })
  })

  it('has a note on how long deliveries wait for a receiver that does not respond', () => {
    const open = { breaker: { state: 'open', until: UNTIL } } as const
    const sentence = `Not responding. Deliveries wait until ${clock(UNTIL)}. Then one delivery is attempted.`
    expect(notes(open).breaker).toBe(sentence)
    expect(notes(open, Date.parse(UNTIL)).breaker).toBe('Retrying now.')
    expect(notes({ breaker: { state: 'half_open', until: null } }).breaker).toBe('Retrying now.')
  })

  it('has a note on a slow receiver', () => {
    expect(notes({ slow: true }).slow).toBe('Responds slowly. Deliveries use a separate queue.')
  })

  it('has a note on who set a limit', () => {
    expect(notes({ pace: { rate: 10, source: 'receiver' } }).pace).toBe(
      'Limited to 10 per second at the request of the receiver.',
    )
    expect(notes({ pace: { rate: 0.5, source: 'operator' } }).pace).toBe('Limited to 0.5 per second by your setting.')
  })
})

describe('the limit of a destination', () => {
  it('is parsed as typed', () => {
    expect(['10', ' 0.5 ', '0,5', '.5', '1000'].map(parseLimit)).toEqual([10, 0.5, 0.5, 0.5, 1000])
    expect(parseLimit(' ')).toBeNull()
    expect(['fast', '-1', '1e3', '1.2.3', '1,000.5', 'Infinity'].map(parseLimit)).toEqual(Array(6).fill(undefined))
  })

  it('is only for destinations that receive requests and have a route', () => {
    const of = (channel_type: Destination['channel_type'], belongs_to: Destination['belongs_to'] = null) =>
      canLimit({ made_by: 'stack', channel_type, belongs_to })
    expect([of('webhook'), of('slack')]).toEqual([true, true])
    expect([of('email'), of('sms'), of('ops_email'), of('webhook', 'channel')]).toEqual(Array(4).fill(false))
  })
})
