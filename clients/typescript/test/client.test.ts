import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type ClientOptions, type FetchInit, StackNotifications } from '@stack-notifications/client'
import { serve } from './server.js'

const good: ClientOptions = { baseUrl: 'https://example.com', apiKey: 'sk_test_secret' }

test('paths are appended to the path of the base URL', async t => {
  const webhook = { id: 'whk_1' }
  const { stackshift, calls } = await serve(t, [[200, webhook]], { basePath: '/v1/' })
  assert.deepEqual(await stackshift.mail.webhooks.get('whk_1'), webhook)
  assert.deepEqual(calls(), ['GET /v1/mail/webhooks/whk_1'])
})

test('invalid options are rejected immediately', () => {
  const wrong = (options: object, error: { name: string; message: RegExp }) =>
    assert.throws(() => new StackNotifications({ ...good, ...options }), error)
  for (const baseUrl of [undefined, '', 'example.com', '/v1', 'ftp://example.com', 'https://example.com?a=b']) {
    wrong({ baseUrl }, { name: 'TypeError', message: /baseUrl/ })
  }
  wrong({ baseUrl: 'https://me:pass@example.com' }, { name: 'TypeError', message: /baseUrl/ })
  for (const apiKey of [undefined, '', 'key\n', 'two words']) {
    wrong({ apiKey }, { name: 'TypeError', message: /apiKey/ })
  }
  for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31, '5']) {
    wrong({ timeoutMs }, { name: 'RangeError', message: /timeoutMs/ })
  }
})

test('another fetch can be used, and is not called as a method', async () => {
  const seen: unknown[] = []
  async function fetch(this: unknown, url: string, init: FetchInit) {
    seen.push(this, url, init.method, init.headers.authorization, init.redirect)
    return new Response('{"id":"whk_1"}')
  }
  const stackshift = new StackNotifications({ ...good, fetch })
  await stackshift.mail.webhooks.get('whk_1')
  const url = 'https://example.com/mail/webhooks/whk_1'
  assert.deepEqual(seen, [undefined, url, 'GET', 'Bearer sk_test_secret', 'manual'])
})

test('the runtime’s own fetch can be used unmodified', async t => {
  const { baseUrl, calls } = await serve(t, [[200, {}]])
  const stackshift = new StackNotifications({ ...good, baseUrl, fetch: globalThis.fetch })
  await stackshift.mail.webhooks.delete('whk_1')
  assert.deepEqual(calls(), ['DELETE /mail/webhooks/whk_1'])
})

test('printing a client does not show the key', () => {
  const stackshift = new StackNotifications(good)
  const printed = inspect(stackshift, { depth: 9, showHidden: true }) + JSON.stringify(stackshift)
  assert.match(printed, /webhookDeliveries/)
  assert.doesNotMatch(printed, /sk_test_secret/)
})
