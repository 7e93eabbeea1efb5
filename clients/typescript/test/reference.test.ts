import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { mailEventTypes } from '@stack-notifications/client'
import { createExample, verifyExample } from './reference.js'
import { serve } from './server.js'
import { body, digest, secret } from './signing.js'

test('the example that creates a webhook prints its id and secret', async t => {
  const { stackshift, received } = await serve(t, [[201, { id: 'whk_1', secret: 'whsec_1' }]])
  const log = mock.method(console, 'log', () => {})
  t.after(() => log.mock.restore())
  await createExample(stackshift)
  assert.deepEqual(log.mock.calls[0]?.arguments, ['whk_1', 'whsec_1'])
  assert.deepEqual(JSON.parse(received[0]?.body ?? ''), {
    url: 'https://example.com/webhooks/stackshift-mail',
    description: 'Production mail lifecycle events',
    eventTypes: ['mail.message.sent', 'mail.message.bounced', 'mail.otp.verified'],
  })
})

test('the example that verifies a signature accepts only genuine requests', async t => {
  process.env.STACKSHIFT_MAIL_WEBHOOK_SECRET = secret
  t.after(() => delete process.env.STACKSHIFT_MAIL_WEBHOOK_SECRET)
  const now = Math.floor(Date.now() / 1000)
  const headers = { 'StackShift-Timestamp': String(now), 'StackShift-Signature': `v1=${digest(secret, now, body)}` }
  const request = new Request('https://example.com', { method: 'POST', headers, body })
  verifyExample(request, body)
  verifyExample(request, await request.arrayBuffer())
  const invalid = /^Error: Invalid StackShift Mail webhook signature$/
  assert.throws(() => verifyExample(request, `${body} `), invalid)
  assert.throws(() => verifyExample(new Request('https://example.com'), body), invalid)
})

test('the event types are the same as in the reference', () => {
  const reference = `
    mail.message.queued, mail.message.sending, mail.message.sent, mail.message.deferred, mail.message.failed,
    mail.message.bounced, mail.message.suppressed, mail.suppression.created, mail.suppression.deleted,
    mail.otp.created, mail.otp.sent, mail.otp.verified, mail.otp.failed_attempt, mail.otp.failed, mail.otp.expired,
    mail.otp.canceled, mail.template.created, mail.template.updated, mail.template.deleted,
    mail.template.version.created, mail.template.test_sent, mail.domain.created, mail.domain.verified,
    mail.domain.failed, mail.domain.deleted, mail.webhook.created, mail.webhook.updated, mail.webhook.disabled,
    mail.webhook.delivery.succeeded, mail.webhook.delivery.failed`
  assert.deepEqual([...mailEventTypes], reference.match(/[a-z_.]+/g))
})
