import { describe, expect, it } from 'vitest'
import type { Destination, DestinationKind } from '../src/api/types'
import { canBeTargeted, canDisable, canRotate, canTest, verifiedBy } from '../src/lib/abilities'
import { hasId } from '../src/lib/destination-id'
import { addedByOther, addedByStack } from '../src/pages/destinations/add/added'
import { headers, lines } from '../src/pages/destinations/add/lines'
import { bodyOf, channelType, fieldValue, initialValues } from '../src/pages/destinations/add/request'
import { targets } from '../src/pages/destinations/detail/targets'
import { type Filter, filtered as filterAll, statusOf } from '../src/pages/destinations/filter'
import { digits } from '../src/pages/destinations/verify/code'
import { healthy, kinds } from './fixtures'

const webhook: Destination = {
  id: 'ndst_1',
  destination_id: 'ndst_1',
  operator_id: 'op_1',
  channel_type: 'webhook',
  destination: 'https://example.com/hooks',
  verified: true,
  made_by: 'stack',
  name: null,
  description: null,
  disabled: false,
  project_id: null,
  health: healthy,
  created_at: '2026-04-15T10:00:00.000Z',
}
const slack: Destination = {
  ...webhook,
  id: 'b5c0',
  destination_id: 'ndst_2',
  channel_type: 'slack',
  destination: 'hooks.slack.com',
  name: '#incidents',
  made_by: 'providers',
}
const phone: Destination = { ...webhook, id: 'ndst_3', destination_id: 'ndst_3', channel_type: 'sms', verified: false }

describe('the list of destinations', () => {
  const all = [webhook, slack, phone]
  const titles: Record<string, string> = { slack: 'Slack', sms: 'Text message' }
  const filtered = (...[destinations, filter]: [Destination[], Filter]) =>
    filterAll(destinations, filter, kind => titles[kind] ?? kind)
  const every = { search: '', kind: '', status: '' } as const

  it('is searched by name, address, kind and API', () => {
    expect(filtered(all, every)).toEqual(all)
    expect(filtered(all, { ...every, search: 'INCIDENTS' })).toEqual([slack])
    expect(filtered(all, { ...every, search: 'providers slack' })).toEqual([slack])
    expect(filtered(all, { ...every, search: 'ndst_3' })).toEqual([phone])
    expect(filtered(all, { ...every, search: 'nothing' })).toEqual([])
  })

  it('is filtered by kind and status', () => {
    expect(filtered(all, { ...every, kind: 'sms' })).toEqual([phone])
    expect(filtered(all, { ...every, status: 'unverified' })).toEqual([phone])
    expect(filtered(all, { ...every, kind: 'slack', status: 'unverified' })).toEqual([])
  })

  it('shows the most urgent status', () => {
    const unhealthy = { ...webhook, health: { ...healthy, status: 'unhealthy' } }
    expect(statusOf(unhealthy)).toBe('unhealthy')
    expect(statusOf({ ...unhealthy, verified: false }), 'its address was changed').toBe('unverified')
    expect(statusOf({ ...unhealthy, disabled: true })).toBe('disabled')
    expect(statusOf(webhook)).toBe('healthy')
  })
})

describe('the possible actions', () => {
  const of = (made_by: Destination['made_by'], channel_type: Destination['channel_type'] = 'webhook') => ({
    made_by,
    channel_type,
  })

  it('depend on the API and on the kind', () => {
    expect(verifiedBy(of('stack', 'email'))).toBe('code')
    expect(verifiedBy(of('stack'))).toBe('request')
    expect(verifiedBy(of('mail'))).toBe('request')
    expect(verifiedBy(of('config', 'email'))).toBe('test')
    expect(verifiedBy(of('providers'))).toBe('test')
    expect(canTest(of('mail'))).toBe(false)
    expect(canRotate(of('stack_auth'))).toBe(true)
    expect(canRotate(of('stack', 'email'))).toBe(false)
    expect(canRotate(of('providers'))).toBe(false)
    expect(canDisable(of('stack'))).toBe(false)
    expect(canDisable(of('config', 'discord'))).toBe(true)
  })

  it('are limited for addresses of a rule or of the account', () => {
    expect(canRotate({ ...of('stack'), belongs_to: 'channel' })).toBe(false)
    expect(canBeTargeted({ ...of('stack'), belongs_to: 'channel' })).toBe(false)
    expect(canTest({ ...of('stack', 'email'), belongs_to: 'account' })).toBe(false)
  })

  it('do not depend on which of its ids is used', () => {
    expect(hasId(slack, 'b5c0')).toBe(true)
    expect(hasId(slack, 'ndst_2')).toBe(true)
    expect(hasId(slack, 'ndst_1')).toBe(false)
  })

  it('include rules that target it by either id', () => {
    const rule = { id: 'nch_1', destination_ids: ['b5c0'] } as Parameters<typeof targets>[0]
    expect(targets(rule, slack)).toBe(true)
    expect(targets(rule, webhook)).toBe(false)
    expect(targets({ ...rule, destination_ids: ['ndst_2'] }, slack)).toBe(true)
    expect(targets({ ...rule, destination_ids: [] }, { ...phone, id: 'nch_1', belongs_to: 'channel' })).toBe(true)
  })
})

describe('a new destination', () => {
  it('is complete from the answer, without the secret', () => {
    const { id, operator_id, channel_type, destination, verified, created_at } = webhook
    const answer = { id, operator_id, channel_type, destination, verified, created_at }
    const added = addedByStack({ ...answer, webhook_secret: 'whsec_1' })
    expect(added.secret).toBe('whsec_1')
    expect(added.destination).toEqual({ ...webhook, health: undefined })
    expect(addedByStack({ ...answer, channel_type: 'sms' }).secret).toBeNull()
  })

  it('is managed by the API that created it', () => {
    const { destination, secret } = addedByOther({
      id: '9b7a',
      kind: 'discord',
      name: '#ops',
      made_by: 'config',
      project_id: 'p1',
    })
    expect(secret).toBeNull()
    expect(destination).toMatchObject({ id: '9b7a', name: '#ops', made_by: 'config', project_id: 'p1', verified: true })
    expect(verifiedBy(destination)).toBe('test')
  })
})

describe('the request that adds a destination', () => {
  const formOf = (kind: string): DestinationKind => {
    const form = kinds.find(one => one.kind === kind)
    if (!form) throw new Error(`${kind} is not in the fixture.`)
    return form
  }

  it('has a plain address for the Notifications API', () => {
    const form = formOf('webhook')
    expect(bodyOf(form, { destination: ' https://example.com/hooks ' })).toEqual({
      destination: 'https://example.com/hooks',
    })
  })

  it('nests fields by their names', () => {
    const url = 'https://chat.example.com/hooks/1'
    expect(bodyOf(formOf('new_chat'), { name: '#ops', 'config.webhookUrl': url })).toEqual({
      name: '#ops',
      config: { webhookUrl: url },
    })
    const values = { name: '#ops', 'credentials.webhookUrl': url, severityThreshold: 'low', 'X-Project-Id': 'p1' }
    expect(bodyOf(formOf('new_project_chat'), values)).toEqual({
      name: '#ops',
      credentials: { webhookUrl: url },
      severityThreshold: 'low',
    })
    expect(fieldValue(formOf('new_project_chat'), values, 'project')).toBe('p1')
  })

  it('leaves out empty optional fields, and sends empty required ones', () => {
    const form = formOf('signed_webhook')
    expect(bodyOf(form, {})).toEqual({ name: '', config: { url: '' } })
    const values = { 'config.url': 'https://example.com', 'config.secret': ' s ', 'config.headers': 'X-Token: abc\n' }
    expect(bodyOf(form, values)).toEqual({
      name: '',
      config: { url: 'https://example.com', secret: ' s ', headers: { 'X-Token': 'abc' } },
    })
  })

  it('sends lines as a list', () => {
    const config = { 'config.fromEmail': 'ops@example.com', 'config.toEmails': 'a@example.com\nb@example.com' }
    expect(bodyOf(formOf('ops_email'), { name: 'Ops', ...config })).toEqual({
      name: 'Ops',
      config: { fromEmail: 'ops@example.com', toEmails: ['a@example.com', 'b@example.com'] },
    })
    expect(bodyOf(formOf('ops_email'), {}).config).toEqual({ fromEmail: '', toEmails: [] })
  })

  it('names the type of the destination, not the form', () => {
    expect(['signed_webhook', 'webhook', 'new_chat'].map(channelType)).toEqual(['webhook', 'webhook', 'new_chat'])
  })

  it('starts with a threshold and the project of the key', () => {
    const form = formOf('new_project_chat')
    expect(initialValues(form, 'p1')).toEqual({
      name: '',
      'credentials.webhookUrl': '',
      'X-Project-Id': 'p1',
      severityThreshold: 'high',
    })
    expect(initialValues(form, null)['X-Project-Id']).toBe('')
  })
})

describe('a form of a destination', () => {
  it('parses lists and headers', () => {
    expect(lines('a@example.com, b@example.com\n\n c@example.com ')).toEqual([
      'a@example.com',
      'b@example.com',
      'c@example.com',
    ])
    expect(headers('X-A: 1\n\nX-B:two: three\nbad')).toEqual({ 'X-A': '1', 'X-B': 'two: three', bad: '' })
  })

  it('accepts pasted codes', () => {
    expect(digits('123 456')).toBe('123456')
    expect(digits('Your code: 123456.')).toBe('123456')
    expect(digits('1234567')).toBe('123456')
  })
})
