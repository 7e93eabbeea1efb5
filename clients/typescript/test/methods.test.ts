import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StackNotifications } from '@stack-notifications/client'
import { serve } from './server.js'

type Call = (mail: StackNotifications['mail']) => PromiseLike<unknown>

const page = { items: [], nextCursor: null }
const deleted = { deleted: true }
const webhook = { id: 'whk_1', status: 'disabled' }
const created = { url: 'https://example.com', description: 'Mine', eventTypes: ['mail.message.sent' as const] }

// The call, the expected request and its body, and the answer, which is returned unchanged.
const methods: [Call, request: string, body: string, answer: [status: number, json: object]][] = [
  [m => m.webhooks.create(created), 'POST /mail/webhooks', JSON.stringify(created), [201, { secret: 'whsec_1' }]],
  [m => m.webhooks.list(), 'GET /mail/webhooks', '', [200, page]],
  [
    m => m.webhooks.list({ limit: 5, cursor: 'a+b/c=' }),
    'GET /mail/webhooks?limit=5&cursor=a%2Bb%2Fc%3D',
    '',
    [200, page],
  ],
  [m => m.webhooks.get('whk_1'), 'GET /mail/webhooks/whk_1', '', [200, webhook]],
  [m => m.webhooks.get('a/b?c'), 'GET /mail/webhooks/a%2Fb%3Fc', '', [200, webhook]],
  [
    m => m.webhooks.update('whk_1', { url: undefined, description: null, eventTypes: ['mail.new.type'] }),
    'PATCH /mail/webhooks/whk_1',
    '{"description":null,"eventTypes":["mail.new.type"]}',
    [200, webhook],
  ],
  [m => m.webhooks.disable('whk_1'), 'PATCH /mail/webhooks/whk_1', '{"status":"disabled"}', [200, webhook]],
  [m => m.webhooks.delete('whk_1'), 'DELETE /mail/webhooks/whk_1', '', [200, deleted]],
  [m => m.webhooks.rotateSecret('whk_1'), 'POST /mail/webhooks/whk_1/rotate-secret', '', [200, { secret: 'whsec_2' }]],
  [m => m.webhooks.verify('whk_1'), 'POST /mail/webhooks/whk_1/verify', '', [200, { verified: true }]],
  [
    m => m.webhooks.recover('whk_1', { since: new Date('2026-01-02T03:04:05Z') }),
    'POST /mail/webhooks/whk_1/recover',
    '{"since":"2026-01-02T03:04:05.000Z"}',
    [202, { recovered: 3, more: false }],
  ],
  [
    m => m.webhooks.recover('whk_1', { since: '2026-01-02' }),
    'POST /mail/webhooks/whk_1/recover',
    '{"since":"2026-01-02"}',
    [202, { recovered: 100, more: true }],
  ],
  [m => m.webhooks.deliveries('whk_1'), 'GET /mail/webhooks/whk_1/deliveries', '', [200, page]],
  [
    m => m.webhooks.deliveries('whk_1', { status: 'abandoned', limit: 1, cursor: 'x' }),
    'GET /mail/webhooks/whk_1/deliveries?status=abandoned&limit=1&cursor=x',
    '',
    [200, page],
  ],
  [m => m.webhookDeliveries.get('dlv_1'), 'GET /mail/webhook-deliveries/dlv_1', '', [200, { attempts: [] }]],
  [m => m.webhookDeliveries.retry('dlv_1'), 'POST /mail/webhook-deliveries/dlv_1/retry', '', [202, { id: 'dlv_1' }]],
  [
    m => m.webhookDeliveries.retry('dlv_1', { force: false }),
    'POST /mail/webhook-deliveries/dlv_1/retry',
    '',
    [202, { id: 'dlv_1' }],
  ],
  [
    m => m.webhookDeliveries.retry('dlv_1', { force: true }),
    'POST /mail/webhook-deliveries/dlv_1/retry',
    '{"force":true}',
    [202, { id: 'dlv_1' }],
  ],
  [m => m.events.list(), 'GET /mail/events', '', [200, page]],
  [
    m =>
      m.events.list({
        type: 'mail.message.sent',
        resourceType: 'message',
        resourceId: 'a b',
        messageId: 'msg&1',
        from: new Date(0),
        to: '2026-01-01T00:00:00+01:00',
        limit: 2,
        cursor: 'ü',
      }),
    'GET /mail/events?type=mail.message.sent&resourceType=message&resourceId=a+b&messageId=msg%261' +
      '&from=1970-01-01T00%3A00%3A00.000Z&to=2026-01-01T00%3A00%3A00%2B01%3A00&limit=2&cursor=%C3%BC',
    '',
    [200, page],
  ],
  [
    m => m.messages.timeline('msg_1'),
    'GET /mail/messages/msg_1/timeline',
    '',
    [200, { messageId: 'msg_1', items: [] }],
  ],
  [m => m.suppressions.list({ limit: 9 }), 'GET /mail/suppressions?limit=9', '', [200, page]],
  [
    m => m.suppressions.delete('a+b/c@exämple.com'),
    'DELETE /mail/suppressions/a%2Bb%2Fc%40ex%C3%A4mple.com',
    '',
    [200, deleted],
  ],
]

for (const [call, request, body, answer] of methods) {
  test(`${request} ${body}`, async t => {
    const { stackshift, received, calls } = await serve(t, [answer])
    const result = await call(stackshift.mail)
    assert.deepEqual(calls(), [request])
    assert.deepEqual({ ...(result as object) }, answer[1])
    const [{ headers, body: sent } = { headers: {}, body: undefined }] = received
    assert.equal(sent, body)
    assert.equal(headers.authorization, 'Bearer sk_test_1')
    assert.equal(headers.accept, 'application/json')
    assert.equal(headers['content-type'], body === '' ? undefined : 'application/json')
  })
}

test('an id that would change the path is rejected before anything is sent', async t => {
  const { stackshift, calls } = await serve(t, [[200, page]])
  for (const id of ['', '.', '..', undefined as unknown as string]) {
    await assert.rejects(stackshift.mail.webhooks.delete(id), TypeError)
    await assert.rejects(stackshift.mail.webhooks.deliveries(id), TypeError)
    await assert.rejects(stackshift.mail.suppressions.delete(id), TypeError)
  }
  assert.deepEqual(calls(), [])
})
