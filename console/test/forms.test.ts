import { describe, expect, it } from 'vitest'
import { ApiError } from '../src/api/error'
import { fieldErrors, fieldsCoverAll } from '../src/api/field-errors'
import { formatCountdown, secondsUntil } from '../src/lib/countdown'
import { missedSince, sinceTime } from '../src/lib/since'
import { asDestination, endpointChange, isStackAuth } from '../src/pages/webhooks/endpoint'
import { healthy } from './fixtures'

const labels = { name: 'Name', 'config.toEmails': 'To', url: 'URL' }

describe('an error of the API', () => {
  it('is shown beside the field that it names', () => {
    const error = new ApiError(400, 'invalid_field', '`url`: "nope" is not a URL; send an absolute one.')
    expect(fieldErrors(error, labels)).toEqual({ url: '"nope" is not a URL; send an absolute one.' })
    expect(fieldsCoverAll(error, labels)).toBe(true)
  })

  it('is shown beside each of several fields, and for their parts', () => {
    const error = new ApiError(422, null, 'Two.', [
      { field: 'name', message: 'has 0 characters; send 1 to 120' },
      { field: 'config.toEmails[2]', message: 'is not a mail address' },
    ])
    expect(fieldErrors(error, labels)).toEqual({
      name: 'Name has 0 characters; send 1 to 120.',
      'config.toEmails': 'To is not a mail address.',
    })
    expect(fieldsCoverAll(error, labels)).toBe(true)
  })

  it('uses the name of a part', () => {
    const error = new ApiError(422, null, 'One.', [{ field: 'config.headers.Host', message: 'is taken' }])
    expect(fieldErrors(error, { 'config.headers': 'Headers (optional)' })).toEqual({
      'config.headers': 'Host is taken.',
    })
    const missing = new ApiError(400, 'invalid_field', '`secret`: is too short')
    expect(fieldErrors(missing, { secret: 'Secret (optional)' })).toEqual({ secret: 'Secret is too short.' })
  })

  it('is shown at the end if it names no field of the form', () => {
    const conflict = new ApiError(409, 'destination_exists', 'A destination with this address exists.')
    expect(fieldErrors(conflict, labels)).toEqual({})
    expect(fieldsCoverAll(conflict, labels)).toBe(false)
    const other = new ApiError(422, null, 'Both.', [
      { field: 'name', message: 'is missing' },
      { field: 'nameless', message: 'is missing' },
    ])
    expect(fieldErrors(other, labels)).toEqual({ name: 'Name is missing.' })
    expect(fieldsCoverAll(other, labels)).toBe(false)
    expect(fieldsCoverAll(null, labels)).toBe(false)
  })
})

describe('a countdown', () => {
  it('counts whole seconds down to zero', () => {
    expect(secondsUntil(10_400, 10_000)).toBe(1)
    expect(secondsUntil(10_000, 10_000)).toBe(0)
    expect(secondsUntil(9_000, 10_000)).toBe(0)
  })

  it('has a short format', () => {
    expect(formatCountdown(43)).toBe('43 s')
    expect(formatCountdown(545)).toBe('9:05')
    expect(formatCountdown(600)).toBe('10:00')
  })
})

describe('the start of a recovery', () => {
  const now = Date.parse('2026-04-15T10:00:00.000Z')
  it.each([
    ['given', '2026-04-15T07:00:00.000Z'],
    ['hour', '2026-04-15T09:00:00.000Z'],
    ['day', '2026-04-14T10:00:00.000Z'],
    ['week', '2026-04-08T10:00:00.000Z'],
  ] as const)('%s is %s', (since, time) => {
    expect(sinceTime(since, '2026-04-15T07:00:41.250Z', '', now)).toBe(time)
  })

  it('is the entered time, if there is one', () => {
    expect(sinceTime('other', null, '2026-04-15T08:30', now)).toBe(new Date('2026-04-15T08:30').toISOString())
    expect(sinceTime('other', null, '', now)).toBeNull()
    expect(sinceTime('given', null, '', now)).toBeNull()
  })
})

describe('the time since which a destination missed events', () => {
  const since = '2026-04-15T10:36:00.000Z'
  it('is the time of the first failed event, before the destination was unhealthy', () => {
    const missed_since = '2026-04-15T10:00:00.000Z'
    expect(missedSince({ status: 'unhealthy', since, missed_since })).toBe(missed_since)
    expect(missedSince({ status: 'unhealthy', since, missed_since: null })).toBe(since)
    expect(missedSince({ status: 'unhealthy', since })).toBe(since)
  })

  it('is null while the destination is healthy', () => {
    expect(missedSince({ status: 'healthy' })).toBeNull()
    expect(missedSince(null)).toBeNull()
  })
})

describe('an endpoint', () => {
  it('is a destination of Stack Auth', () => {
    const endpoint = {
      id: 'ep_1',
      url: 'https://example.com',
      description: null,
      event_types: ['user.created'],
      status: 'disabled' as const,
      health: healthy,
      created_at: '2026-04-15T10:00:00.000Z',
    }
    expect(asDestination(endpoint)).toMatchObject({ id: 'ep_1', made_by: 'stack_auth', disabled: true })
  })

  it('is updated with the changed fields only', () => {
    const before = { url: 'https://example.com', description: 'CRM', types: ['user.created', 'user.deleted'] }
    expect(
      endpointChange(before, { ...before, url: ' https://example.com ', types: [...before.types].reverse() }),
    ).toEqual({})
    expect(endpointChange(before, { ...before, description: ' ' })).toEqual({ description: null })
    expect(endpointChange(before, { ...before, url: 'https://example.org', types: [] })).toEqual({
      url: 'https://example.org',
      event_types: [],
    })
  })

  it('receives the events of users and teams by default', () => {
    expect(['user.created', 'team_membership.deleted'].every(type => isStackAuth({ type }))).toBe(true)
    expect(['users.x', 'passport.flagged', 'custom.user.a'].some(type => isStackAuth({ type }))).toBe(false)
  })
})
