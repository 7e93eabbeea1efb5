import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, ConnectionError } from '@stack-notifications/client'
import { type Reply, serve } from './server.js'

async function errorOf(t: { after(end: () => void): void }, reply: Reply): Promise<ApiError> {
  const { stackshift } = await serve(t, [reply])
  const error = await stackshift.mail.webhooks.delete('whk_1').then(
    () => assert.fail('no error'),
    error => error,
  )
  assert.ok(error instanceof ApiError, String(error))
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'ApiError')
  return error
}

test('an error of the API has its status, code and message', async t => {
  const error = await errorOf(t, [404, { error: 'There is no such webhook.', code: 'not_found' }])
  assert.equal(error.status, 404)
  assert.equal(error.code, 'not_found')
  assert.equal(error.message, 'There is no such webhook.')
  assert.equal(error.retryAfterSeconds, undefined)
})

test('Retry-After is parsed as seconds and as a date', async t => {
  const retryAfter = async (value: string) =>
    (await errorOf(t, [429, { error: 'Too many.', code: 'rate_limited' }, { 'retry-after': value }])).retryAfterSeconds
  assert.equal(await retryAfter('7'), 7)
  const inAMinute = Number(await retryAfter(new Date(Date.now() + 60_000).toUTCString()))
  assert.ok(inAMinute >= 55 && inAMinute <= 60, String(inAMinute))
  assert.equal(await retryAfter('Wed, 21 Oct 2015 07:28:00 GMT'), 0)
  for (const garbage of ['soon', '-5', '1.5', 'Mon, sometime'])
    assert.equal(await retryAfter(garbage), undefined, garbage)
})

test('an error from something in front of the API is an ApiError, too', async t => {
  const gateway = await errorOf(t, [403, { message: 'Forbidden' }])
  assert.deepEqual([gateway.status, gateway.code, gateway.message], [403, 'http_403', 'Forbidden'])
  for (const body of [
    '<html>Bad gateway</html>',
    '',
    'null',
    '[]',
    '7',
    '{"error":{"a":1},"code":5}',
    '{"error":"","message":""}',
  ]) {
    const error = await errorOf(t, [502, body])
    assert.deepEqual([error.status, error.code], [502, 'http_502'], body)
    assert.equal(error.message, 'The API answered with status 502.')
  }
})

test('a redirect is not followed with the key', async t => {
  const { received, stackshift: target } = await serve(t, [[200, { deleted: true }]])
  await target.mail.webhooks.delete('whk_1')
  const location = `http://${received[0]?.headers.host}/elsewhere`
  const error = await errorOf(t, [307, '', { location }])
  assert.equal(error.status, 307)
  assert.equal(received.length, 1)
})

test('a successful answer that is not from the API is an error', async t => {
  const error = await errorOf(t, [200, '<html>Hello</html>'])
  assert.deepEqual([error.status, error.code], [200, 'invalid_response'])
  const { stackshift } = await serve(t, [[200, { rows: [] }]])
  await assert.rejects(stackshift.mail.events.list(), { name: 'ApiError', code: 'invalid_response' })
})

test('an unreachable or slow API causes a ConnectionError', async t => {
  const broken = await serve(t, [response => response.destroy()])
  await assert.rejects(broken.stackshift.mail.webhooks.delete('whk_1'), error => {
    assert.ok(error instanceof ConnectionError)
    assert.equal(error.name, 'ConnectionError')
    assert.equal(error.message, 'The API could not be reached.')
    assert.ok(error.cause instanceof Error)
    return true
  })
  const silent = await serve(t, [() => {}], { timeoutMs: 50 })
  await assert.rejects(silent.stackshift.mail.webhooks.delete('whk_1'), {
    name: 'ConnectionError',
    message: 'The API did not answer within 50 ms.',
  })
  // The timeout also covers a body that does not end.
  const endless = await serve(t, [response => response.writeHead(200).write('{')], { timeoutMs: 50 })
  await assert.rejects(endless.stackshift.mail.webhooks.delete('whk_1'), { message: /within 50 ms/ })
})
