import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import type { StackNotifications } from '@stack-notifications/client'
import { type Reply, serve } from './server.js'

const webhook = { id: 'whk_1' }
const breaks: Reply = response => response.destroy()
const busy = (status: number, retryAfter = '0'): Reply => [
  status,
  { error: 'Busy.', code: 'busy' },
  { 'retry-after': retryAfter },
]

for (const status of [429, 502, 503, 504]) {
  test(`a read is retried after ${status}`, async t => {
    const { stackshift, received } = await serve(t, [busy(status), busy(status), [200, webhook]])
    assert.deepEqual(await stackshift.mail.webhooks.get('whk_1'), webhook)
    assert.equal(received.length, 3)
  })
}

test('a read is retried when the connection breaks or there is no answer', async t => {
  const broken = await serve(t, [breaks, [200, webhook]])
  assert.deepEqual(await broken.stackshift.mail.webhooks.get('whk_1'), webhook)
  assert.equal(broken.received.length, 2)

  const silent = await serve(t, [() => {}, [200, webhook]], { timeoutMs: 200 })
  assert.deepEqual(await silent.stackshift.mail.webhooks.get('whk_1'), webhook)
  assert.equal(silent.received.length, 2)
})

test('a read fails after three attempts', async t => {
  const { stackshift, received } = await serve(t, [busy(503)])
  await assert.rejects(stackshift.mail.webhooks.get('whk_1'), { status: 503, code: 'busy' })
  assert.equal(received.length, 3)
})

test('every page of a list is retried', async t => {
  const { stackshift, received } = await serve(t, [
    busy(503),
    [200, { items: [1], nextCursor: 'b' }],
    busy(429),
    [200, { items: [2], nextCursor: null }],
  ])
  const items: unknown[] = []
  for await (const item of stackshift.mail.events.list()) items.push(item)
  assert.deepEqual(items, [1, 2])
  assert.equal(received.length, 4)
})

test('other errors of a read are not retried', async t => {
  for (const status of [400, 401, 404, 500]) {
    const { stackshift, received } = await serve(t, [busy(status), [200, webhook]])
    await assert.rejects(stackshift.mail.webhooks.get('whk_1'), { status })
    assert.equal(received.length, 1)
  }
})

test('the pause follows Retry-After, and otherwise grows', async t => {
  const duration = async (replies: Reply[]) => {
    const { stackshift } = await serve(t, replies)
    const start = performance.now()
    await stackshift.mail.webhooks.get('whk_1')
    return performance.now() - start
  }
  const requested = await duration([busy(503, '1'), [200, webhook]])
  assert.ok(requested >= 990 && requested < 5000, `${requested} ms`)
  // Without randomness, the pauses are half of 250 ms and half of 500 ms.
  const random = mock.method(Math, 'random', () => 0)
  t.after(() => random.mock.restore())
  const alone = await duration([breaks, breaks, [200, webhook]])
  assert.ok(alone >= 370 && alone < 5000, `${alone} ms`)
})

test('a very long pause is left to the caller', async t => {
  const { stackshift, received } = await serve(t, [busy(429, '3600')])
  await assert.rejects(stackshift.mail.webhooks.get('whk_1'), { status: 429, retryAfterSeconds: 3600 })
  assert.equal(received.length, 1)
})

const writes: Record<string, (mail: StackNotifications['mail']) => Promise<unknown>> = {
  POST: mail => mail.webhooks.rotateSecret('whk_1'),
  PATCH: mail => mail.webhooks.disable('whk_1'),
  DELETE: mail => mail.webhooks.delete('whk_1'),
}
for (const [method, write] of Object.entries(writes)) {
  test(`${method} is not retried`, async t => {
    const { stackshift, calls } = await serve(t, [busy(503), [200, webhook]])
    await assert.rejects(write(stackshift.mail), { status: 503 })
    assert.equal(calls().length, 1)
    assert.match(String(calls()[0]), new RegExp(`^${method} `))

    const broken = await serve(t, [breaks, [200, webhook]])
    await assert.rejects(write(broken.stackshift.mail), { name: 'ConnectionError' })
    assert.equal(broken.received.length, 1)
  })
}
