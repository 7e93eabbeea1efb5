import { describe, expect, it } from 'vitest'
import type { Delivery, Event } from '../src/api/types'
import { eventTimeline } from '../src/lib/event-timeline'

const at = (second: number) => new Date(Date.parse('2026-04-15T10:00:00.000Z') + second * 1000).toISOString()
const event: Event = {
  id: 'evt_1',
  type: 'user.created',
  severity: 'info',
  timestamp: at(0),
  created_at: at(0),
  data: {},
}
const attempt = (number: number, second: number, error: string | null) => ({
  number,
  at: at(second),
  duration_ms: 100,
  status: error ? 500 : 200,
  error,
})
const delivery = (id: string, more: Partial<Delivery>): Delivery => ({
  id,
  destination_id: 'ndst_1',
  event_id: 'evt_1',
  event_type: 'user.created',
  state: 'succeeded',
  attempt_count: more.attempts?.length ?? 0,
  attempts: [],
  created_at: at(0),
  ...more,
})
const titles = (deliveries: Delivery[], settled = true) =>
  eventTimeline(event, deliveries, new Map(), settled).map(({ title }) => title)

describe('the timeline of an event', () => {
  it('contains the steps of all deliveries, sorted by time', () => {
    const a = delivery('a', { attempts: [attempt(1, 1, 'answered 500'), attempt(2, 62, null)] })
    const b = delivery('b', { attempts: [attempt(1, 2, null)] })
    const steps = eventTimeline(event, [a, b], new Map(), true)
    expect(steps.map(step => [step.title, step.delivery?.id ?? null])).toEqual([
      ['Event accepted', null],
      ['Attempt 1 failed', 'a'],
      ['Delivered', 'b'],
      ['Delivered', 'a'],
    ])
  })

  it('starts with the event, even if clocks differ', () => {
    expect(titles([delivery('a', { attempts: [attempt(1, -3, null)] })])[0]).toBe('Event accepted')
  })

  it('ends with the next attempt, or with why there is none', () => {
    const failed = delivery('a', { state: 'failed', attempts: [attempt(1, 1, 'no')], next_attempt_at: at(60) })
    const held = delivery('b', { state: 'held', reason: 'rule_paused' })
    const gone = delivery('c', { state: 'abandoned', attempts: [attempt(1, 5, 'no')] })
    expect(titles([failed])).toEqual(['Event accepted', 'Attempt 1 failed', 'Next attempt'])
    expect(titles([held])).toEqual(['Event accepted', 'Held'])
    expect(titles([gone])).toEqual(['Event accepted', 'Attempt 1 failed', 'Abandoned'])
    expect(titles([delivery('d', { state: 'pending' })])).toEqual(['Event accepted', 'On its way'])
  })

  it('says that no rule matched only when no delivery can follow', () => {
    expect(titles([], false)).toEqual(['Event accepted'])
    expect(titles([], true)).toEqual(['Event accepted', 'No rule matched'])
  })

  it('contains the steps of a mail instead of the attempt that sent it', () => {
    const mails = new Map([['a', [{ type: 'mail.message.bounced', label: 'Bounced', createdAt: at(9) }]]])
    const sent = delivery('a', { attempts: [attempt(1, 1, 'throttled'), attempt(2, 2, null)] })
    const steps = eventTimeline(event, [sent], mails, true)
    expect(steps.map(({ title }) => title)).toEqual(['Event accepted', 'Attempt 1 failed', 'Mail bounced'])
    expect(steps.at(-1)).toMatchObject({ tone: 'red', kind: 'mail' })
  })
})
