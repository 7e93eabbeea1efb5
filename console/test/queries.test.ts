import { describe, expect, it } from 'vitest'
import { deliveryQuery, mailId, needsForce, outcome, reasonText } from '../src/lib/deliveries'
import { type EventDraft, toEvent } from '../src/lib/event-draft'
import { byFamily, isCustomType } from '../src/lib/event-types'
import { eventQuery } from '../src/lib/events'
import { matches } from '../src/lib/match'
import { chosenPeriod, period } from '../src/lib/period'

const now = Date.parse('2026-04-15T10:00:42.123Z')

describe('a period', () => {
  it('starts at a whole minute', () => {
    expect(period({ hours: '24' }, now)).toEqual({ since: '2026-04-14T10:00:00.000Z' })
  })

  it('has the start and end in the address', () => {
    expect(period({ since: 'a', until: 'b' }, now)).toEqual({ since: 'a', until: 'b' })
    expect(period({}, now)).toEqual({})
    expect(period({ hours: 'many' }, now)).toEqual({})
  })

  it('has an option', () => {
    expect(chosenPeriod({ hours: '24' })).toBe('24')
    expect(chosenPeriod({ hours: '5' })).toBe('')
    expect(chosenPeriod({ until: 'b' })).toBe('custom')
  })
})

describe('the query of a list', () => {
  it('leaves out empty values and values that the API would reject', () => {
    expect(deliveryQuery({ state: 'failed', destination_id: 'ndst_1', event_type: '', post: '1' }, now)).toEqual({
      state: 'failed',
      destination_id: 'ndst_1',
    })
    expect(deliveryQuery({ state: 'lost' }, now)).toEqual({})
  })

  it('of events uses the names of its route', () => {
    expect(eventQuery({ type: 'user.created', hours: '1', messageId: 'msg_1' }, now)).toEqual({
      type: 'user.created',
      messageId: 'msg_1',
      from: '2026-04-15T09:00:00.000Z',
    })
  })
})

describe('a delivery', () => {
  it('needs force for a retry while it is pending or after it succeeded', () => {
    expect(needsForce({ state: 'succeeded' })).toBe(true)
    expect(needsForce({ state: 'pending' })).toBe(true)
    expect(needsForce({ state: 'held' })).toBe(false)
  })

  it('has a mail with a matching id', () => {
    expect(mailId('dlv_dlv_1')).toBe('msg_dlv_1')
  })

  it('describes the result of an attempt and the reason for a hold', () => {
    const attempt = { number: 1, at: '', duration_ms: 1 }
    expect(outcome({ ...attempt, status: 503, error: 'answered 503' })).toBe('503')
    expect(outcome({ ...attempt, error: 'no route to host' })).toBe('no response')
    expect(outcome(attempt)).toBe('accepted')
    expect(reasonText('rule_paused')).toContain('paused')
    expect(reasonText('some_new_word')).toBe('some new word')
    expect(reasonText(null)).toBeNull()
  })
})

describe('an event’s form', () => {
  const draft = {
    type: 'user.created',
    severity: '',
    data: '{"id":"u"}',
    resourceType: '',
    resourceId: '',
    projectId: '',
  }

  const posted = (draft: EventDraft) => {
    const read = toEvent(draft)
    return 'json' in read ? JSON.parse(read.json) : read.errors
  }

  it('creates the event from the fields that are filled in', () => {
    expect(posted(draft)).toEqual({ type: 'user.created', data: { id: 'u' } })
    expect(
      posted({ ...draft, severity: 'high', resourceType: 'message', resourceId: 'msg_1', projectId: 'p' }),
    ).toEqual({
      type: 'user.created',
      data: { id: 'u' },
      severity: 'high',
      resource: { type: 'message', id: 'msg_1' },
      project_id: 'p',
    })
  })

  it('keeps every digit of the data', () => {
    const data = '{ "id": 12345678901234567890, "price": 1.50 }'
    expect(toEvent({ ...draft, data: `${data}\n` })).toEqual({ json: `{"type":"user.created","data":${data}}` })
  })

  it('has a message for each invalid field', () => {
    expect(toEvent({ ...draft, type: '', data: '{', resourceId: 'x' })).toMatchObject({
      errors: { type: expect.any(String), data: expect.stringContaining('not JSON'), resourceType: expect.any(String) },
    })
    expect(toEvent({ ...draft, data: '[]' })).toMatchObject({ errors: { data: expect.stringContaining('object') } })
  })
})

describe('event types', () => {
  it('can be custom', () => {
    expect(isCustomType('custom.order.paid')).toBe(true)
    expect(isCustomType('custom.')).toBe(false)
    expect(isCustomType('order.paid')).toBe(false)
    expect(isCustomType('custom.a b')).toBe(false)
  })

  it('are grouped under headings', () => {
    const groups = byFamily([{ type: 'user.created' }, { type: 'mail.otp.sent' }, { type: 'team.created' }])
    expect(groups.map(([name, types]) => [name, types.length])).toEqual([
      ['Users and teams', 2],
      ['Mail: codes', 1],
    ])
  })

  it('are found by words in any order', () => {
    expect(matches('created user', 'user.created A user was created')).toBe(true)
    expect(matches('', 'anything')).toBe(true)
    expect(matches('deleted', 'user.created')).toBe(false)
  })
})
