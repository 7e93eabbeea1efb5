import assert from 'node:assert/strict'
import { test } from 'node:test'
import { body, digest, request, secret, timestamp, verdict } from './signing.js'

const secondsLater = (seconds: number) => (timestamp + seconds) * 1000

test('a request is accepted within the tolerance, and rejected when replayed later', async () => {
  assert.equal(await verdict(request({ now: secondsLater(300) })), true)
  assert.equal(await verdict(request({ now: secondsLater(300) + 999 })), true)
  assert.equal(await verdict(request({ now: secondsLater(301) })), false)
  assert.equal(await verdict(request({ now: new Date(secondsLater(86_400)) })), false)
})

test('a request from the future is accepted only within the tolerance', async () => {
  assert.equal(await verdict(request({ now: secondsLater(-300) })), true)
  assert.equal(await verdict(request({ now: secondsLater(-301) })), false)
})

test('the tolerance can be larger, smaller or 0', async () => {
  assert.equal(await verdict(request({ now: secondsLater(3600), toleranceSeconds: 3600 })), true)
  assert.equal(await verdict(request({ now: secondsLater(3601), toleranceSeconds: 3600 })), false)
  assert.equal(await verdict(request({ now: secondsLater(11), toleranceSeconds: 10 })), false)
  assert.equal(await verdict(request({ now: secondsLater(0), toleranceSeconds: 0 })), true)
  assert.equal(await verdict(request({ now: secondsLater(1), toleranceSeconds: 0 })), false)
})

test('the time is the current one by default', async () => {
  const signedAt = (seconds: number) => ({
    timestampHeader: String(seconds),
    signatureHeader: `v1=${digest(secret, seconds, body)}`,
    now: undefined,
  })
  const now = Math.floor(Date.now() / 1000)
  assert.equal(await verdict(request(signedAt(now))), true)
  assert.equal(await verdict(request(signedAt(now - 310))), false)
  assert.equal(await verdict(request(signedAt(now + 310))), false)
})

test('a timestamp with other characters than digits is rejected, even if it was signed', async () => {
  for (const timestampHeader of [
    '',
    ' ',
    `${timestamp}.0`,
    `+${timestamp}`,
    `-${timestamp}`,
    ` ${timestamp}`,
    `${timestamp}\n`,
    '1.7e9',
    `0x${timestamp.toString(16)}`,
    '１７００００００００',
    'NaN',
    'Infinity',
    '9'.repeat(400),
    new Date(timestamp * 1000).toISOString(),
  ]) {
    const signatureHeader = `v1=${digest(secret, timestampHeader, body)}`
    const valid = await verdict(request({ timestampHeader, signatureHeader }))
    assert.equal(valid, false, JSON.stringify(timestampHeader))
  }
})
