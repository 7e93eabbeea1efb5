// Tests the package against a running system at API_URL with API_KEY: the examples of the reference, unmodified, and
// every call. The system's end-to-end tests run it; it throws if it fails.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mock } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ApiError,
  StackNotifications,
  verifyWebhookSignature,
  verifyWebhookSignatureAsync,
} from '@stack-notifications/client'
import { createExample, verifyExample } from './reference.js'

const { API_URL: baseUrl = '', API_KEY: apiKey = '' } = process.env
const stackshift = new StackNotifications({ baseUrl, apiKey })
const { webhooks, webhookDeliveries } = stackshift.mail

/** Polls until there is an answer. */
async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(50)) {
    const answer = await ask()
    if (answer !== undefined) return answer
  }
  throw new Error(`not within a minute: ${what}`)
}

const keysOf = (value: object): string[] => Object.keys(value).sort()

interface Arrived {
  request: Request
  rawBody: Uint8Array
}

// A receiver that answers with the result of the example.
const arrived: Arrived[] = []
const server = createServer(async (incoming, response) => {
  const chunks: Uint8Array[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const rawBody = Buffer.concat(chunks)
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)])
  const request = new Request('http://receiver', { headers })
  try {
    verifyExample(request, rawBody)
    arrived.push({ request, rawBody })
    response.writeHead(200).end()
  } catch {
    response.writeHead(401).end()
  }
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stackshift-mail`

// The example that creates a webhook.
const log = mock.method(console, 'log', () => {})
await createExample(stackshift)
log.mock.restore()
const [exampleId, exampleSecret] = (log.mock.calls[0]?.arguments ?? []) as [string, string]
assert.match(exampleSecret, /^whsec_/)
const shown = await webhooks.get(exampleId)
assert.equal(shown.url, 'https://example.com/webhooks/stackshift-mail')
assert.deepEqual(shown.eventTypes, ['mail.message.sent', 'mail.message.bounced', 'mail.otp.verified'])
assert.ok(!('secret' in shown))
assert.equal((await webhooks.disable(exampleId)).status, 'disabled')
assert.deepEqual(await webhooks.delete(exampleId), { deleted: true })
await assert.rejects(webhooks.get(exampleId), (error: unknown) => error instanceof ApiError && error.status === 404)

// The example that verifies a signature, with a real request.
const webhook = await webhooks.create({ url, eventTypes: ['mail.message.sent'] })
const first = webhook.secret
process.env.STACKSHIFT_MAIL_WEBHOOK_SECRET = first
assert.deepEqual(
  keysOf(webhook),
  ['createdAt', 'description', 'eventTypes', 'health', 'id', 'maxPerSecond', 'secret', 'status', 'url'].sort(),
)
assert.deepEqual(keysOf(webhook.health), ['breaker', 'missedSince', 'pace', 'reason', 'since', 'slow', 'status'])
assert.equal((await webhooks.update(webhook.id, { maxPerSecond: 100 })).maxPerSecond, 100)
assert.deepEqual((await webhooks.get(webhook.id)).health.pace, { rate: 100, source: 'operator' })
assert.equal((await webhooks.update(webhook.id, { maxPerSecond: null })).maxPerSecond, null)

/** Posts an event, as a producer does. */
async function post(): Promise<string> {
  const body = JSON.stringify({
    type: 'mail.message.sent',
    resource: { type: 'message', id: 'm-1' },
    data: { messageId: 'm-1', note: 'ümlaut ✓' },
  })
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const answer = await fetch(`${baseUrl}/v1/events`, { method: 'POST', headers, body })
  assert.equal(answer.status, 202)
  return ((await answer.json()) as { id: string }).id
}

const event = await post()
const { request, rawBody } = await eventually('it arrives', async () => arrived[0])
const body = JSON.parse(Buffer.from(rawBody).toString())
assert.deepEqual(keysOf(body), ['createdAt', 'data', 'id', 'type'])
assert.equal(body.id, event)

const genuine = {
  rawBody,
  signatureHeader: request.headers.get('StackShift-Signature'),
  timestampHeader: request.headers.get('StackShift-Timestamp'),
  secret: first,
}
const minutes = (n: number): number => Date.now() + n * 60_000
const text = Buffer.from(rawBody).toString()
for (const verify of [verifyWebhookSignature, verifyWebhookSignatureAsync]) {
  assert.equal(await verify(genuine), true)
  assert.equal(await verify({ ...genuine, rawBody: text.replace('m-1', 'm-2') }), false, 'tampered')
  assert.equal(await verify({ ...genuine, timestampHeader: String(Number(genuine.timestampHeader) + 1) }), false)
  assert.equal(await verify({ ...genuine, secret: exampleSecret }), false, "another webhook's secret")
  assert.equal(await verify({ ...genuine, now: minutes(6) }), false, 'replayed')
  assert.equal(await verify({ ...genuine, now: minutes(6), toleranceSeconds: 3600 }), true, 'late')
}

// After a rotation, receivers with the old or the new secret accept requests.
const rotated = await webhooks.rotateSecret(webhook.id)
assert.ok(rotated.previousSecretExpiresAt)
await post()
const second = await eventually('it arrives with both signatures', async () => arrived[1])
const both = {
  rawBody: second.rawBody,
  signatureHeader: second.request.headers.get('StackShift-Signature'),
  timestampHeader: second.request.headers.get('StackShift-Timestamp'),
}
assert.equal(verifyWebhookSignature({ ...both, secret: first }), true)
assert.equal(verifyWebhookSignature({ ...both, secret: rotated.secret }), true)
assert.equal(verifyWebhookSignature({ ...genuine, secret: rotated.secret }), false, 'signed before the rotation')

// The other calls.
const found: string[] = []
for await (const one of stackshift.mail.events.list({ messageId: 'm-1', limit: 1 })) {
  if (found.length === 0) {
    assert.deepEqual(
      keysOf(one),
      ['createdAt', 'data', 'id', 'messageId', 'projectId', 'resource', 'severity', 'timestamp', 'type'].sort(),
    )
  }
  found.push(one.id)
}
assert.equal(found.length, 2)
assert.equal(found[1], event)
const timeline = await stackshift.mail.messages.timeline('m-1')
assert.deepEqual(
  timeline.items.map(item => [item.type, item.label, item.metadata?.note]),
  Array(2).fill(['mail.message.sent', 'Sent', 'ümlaut ✓']),
)

const delivered = await eventually('both are recorded', async () => {
  const page = await webhooks.deliveries(webhook.id, { status: 'succeeded' })
  return page.items.length === 2 ? page.items : undefined
})
const deliveryKeys = ['attemptCount', 'createdAt', 'eventId', 'eventType', 'id', 'nextAttemptAt', 'reason', 'status']
assert.deepEqual(keysOf(delivered[0] ?? {}), [...deliveryKeys, 'webhookId'].sort())
const oldest = delivered[1]
assert.equal(oldest?.eventId, event)
const detail = await webhookDeliveries.get(oldest.id)
assert.deepEqual(keysOf(detail), [...deliveryKeys, 'webhookId', 'attempts'].sort())
assert.deepEqual(
  detail.attempts.map(attempt => [attempt.number, attempt.statusCode, attempt.error]),
  [[1, 200, null]],
)
assert.deepEqual(
  keysOf(detail.attempts[0] ?? {}),
  ['durationMs', 'error', 'number', 'response', 'startedAt', 'statusCode'].sort(),
)
await assert.rejects(
  webhookDeliveries.retry(oldest.id),
  (error: unknown) => error instanceof ApiError && error.status === 409 && error.code === 'already_succeeded',
)
assert.equal((await webhookDeliveries.retry(oldest.id, { force: true })).status, 'pending')
await eventually('it arrives once more', async () => arrived[2])

assert.deepEqual(await webhooks.verify(webhook.id), { verified: true })
assert.deepEqual(await webhooks.recover(webhook.id, { since: new Date(0) }), { recovered: 0, more: false })
const listed: string[] = []
for await (const one of webhooks.list()) listed.push(one.id)
assert.deepEqual(listed, [webhook.id])
const renamed = await webhooks.update(webhook.id, { description: 'Kept', eventTypes: ['mail.message.bounced'] })
assert.deepEqual([renamed.description, renamed.eventTypes], ['Kept', ['mail.message.bounced']])
assert.deepEqual((await stackshift.mail.suppressions.list()).items, [])
await assert.rejects(
  stackshift.mail.suppressions.delete('nobody@example.org'),
  (error: unknown) => error instanceof ApiError && error.status === 404,
)
server.close()
server.closeAllConnections()
console.log('all calls succeeded')
