import { describe, expect, it } from 'vitest'
import type { Delivery, DeliveryState } from '../src/api/types'
import { EMPTY, MAX_ROWS, merge, since, summary } from '../src/lib/live'

const delivery = (number: number, state: DeliveryState = 'succeeded', attempts = 1): Delivery => ({
  id: `dlv_${String(number).padStart(6, '0')}`,
  destination_id: 'ndst_1',
  event_id: `evt_${String(number).padStart(6, '0')}`,
  event_type: 'custom.a',
  state,
  reason: null,
  attempt_count: attempts,
  attempts: [],
  next_attempt_at: null,
  created_at: new Date(1_700_000_000_000 + number * 1000).toISOString(),
})

describe('a live list', () => {
  it('adds new rows on top and marks what has changed', () => {
    const first = merge(EMPTY, [delivery(2), delivery(1, 'pending')])
    expect(first.rows.map(({ id }) => id)).toEqual(['dlv_000002', 'dlv_000001'])
    const next = merge(first, [delivery(3), delivery(2), delivery(1, 'failed')])
    expect(next.rows.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'failed'])
    expect([...next.changed]).toEqual(['dlv_000003', 'dlv_000001'])
    const same = merge(next, [delivery(3)])
    expect(same.rows).toBe(next.rows)
    expect(same.changed.size).toBe(0)
  })

  it('keeps a bounded number of rows', () => {
    const many = Array.from({ length: 500 }, (_, number) => delivery(number))
    expect(merge(EMPTY, many).rows).toHaveLength(MAX_ROWS)
    expect(merge(EMPTY, many).rows[0]?.id).toBe('dlv_000499')
  })

  it('asks from the oldest delivery that may still change', () => {
    const now = 1_700_000_000_000 + 700_000
    const seconds = (live: ReturnType<typeof merge>) => (Date.parse(since(live, now)) - 1_700_000_000_000) / 1000
    expect(seconds(merge(EMPTY, [delivery(690), delivery(300)]))).toBe(630)
    expect(seconds(merge(EMPTY, [delivery(690), delivery(300, 'failed')]))).toBe(240)
    expect(seconds(merge(EMPTY, [delivery(690), delivery(50, 'held')]))).toBe(630)
    expect(seconds(EMPTY)).toBe(640)
  })

  it('is summed up in a sentence', () => {
    expect(summary([delivery(1)])).toBe('1 delivery is new or has changed.')
    expect(summary([delivery(1), delivery(2, 'failed')])).toBe(
      '2 deliveries are new or have changed, 1 of them without success.',
    )
  })
})
