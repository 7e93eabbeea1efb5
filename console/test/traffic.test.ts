import { describe, expect, it } from 'vitest'
import type { Destination, Health } from '../src/api/types'
import { canLimit } from '../src/lib/abilities'
import { clock } from '../src/lib/time'
import { parseLimit, trafficNotes } from '../src/lib/traffic'
import { healthy } from './fixtures'

const UNTIL = '2026-04-15T14:05:00.000Z'
const BEFORE = Date.parse(UNTIL) - 20_000
const said = (health: Partial<Health>, now = BEFORE) => trafficNotes({ ...healthy, ...health }, now)

describe('the traffic to a destination', () => {
  it('goes without saying while all is well', () => {
    expect(said({})).toEqual({ breaker: null, slow: null, pace: null })
  })

  it('says until when deliveries wait for a receiver that does not answer', () => {
    const open = { breaker: { state: 'open', until: UNTIL } } as const
    const sentence = `Not answering. Deliveries wait until ${clock(UNTIL)}, then one tries again.`
    expect(said(open).breaker).toBe(sentence)
    expect(said(open, Date.parse(UNTIL)).breaker).toBe('Trying again now.')
    expect(said({ breaker: { state: 'half_open', until: null } }).breaker).toBe('Trying again now.')
  })

  it('says that a receiver is slow', () => {
    expect(said({ slow: true }).slow).toBe('Answers slowly; delivered on a separate queue.')
  })

  it('says who asked for a pace', () => {
    expect(said({ pace: { rate: 10, source: 'receiver' } }).pace).toBe(
      'Limited to 10 per second, as the receiver asked.',
    )
    expect(said({ pace: { rate: 0.5, source: 'operator' } }).pace).toBe('Limited to 0.5 per second, as you set.')
  })
})

describe('the limit of a destination', () => {
  it('is read as it is typed', () => {
    expect(['10', ' 0.5 ', '0,5', '.5', '1000'].map(parseLimit)).toEqual([10, 0.5, 0.5, 0.5, 1000])
    expect(parseLimit(' ')).toBeNull()
    expect(['fast', '-1', '1e3', '1.2.3', '1,000.5', 'Infinity'].map(parseLimit)).toEqual(Array(6).fill(undefined))
  })

  it('is for destinations that receive requests and have a route of their own', () => {
    const of = (channel_type: Destination['channel_type'], belongs_to: Destination['belongs_to'] = null) =>
      canLimit({ made_by: 'stack', channel_type, belongs_to })
    expect([of('webhook'), of('slack')]).toEqual([true, true])
    expect([of('email'), of('sms'), of('ops_email'), of('webhook', 'channel')]).toEqual(Array(4).fill(false))
  })
})
