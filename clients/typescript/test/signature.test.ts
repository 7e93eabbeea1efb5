import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyWebhookSignature } from '@stack-notifications/client'
import { body, digest, otherSecret, request, secret, timestamp, verdict } from './signing.js'

const current = digest(secret, timestamp, body)
const other = digest(otherSecret, timestamp, body)

test('the digests that OpenSSL makes are accepted', async () => {
  const text = {
    rawBody: '{"test": 2432232314}',
    timestampHeader: '1614265330',
    signatureHeader: 'v1=2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    now: 1_614_265_330_000,
  }
  assert.equal(await verdict(text), true)
  const bytes = {
    rawBody: Uint8Array.of(0x7b, 0xff, 0x00, 0xfe, 0x7d),
    timestampHeader: '1700000000',
    signatureHeader: 'v1=5b153d708dd7b2000ca2facf2ad8f6304d24fa30e3d45f66a2ece3670a585a4b',
    secret,
    now: 1_700_000_000_000,
  }
  assert.equal(await verdict(bytes), true)
})

test('the answer is a boolean, not a promise', () => {
  assert.equal(verifyWebhookSignature(request()), true)
  assert.equal(verifyWebhookSignature(request({ rawBody: 'another' })), false)
})

test('the bytes of a body count, regardless of its type', async () => {
  const bytes = new TextEncoder().encode('{"name":"Zoë 🦊"}')
  const signatureHeader = `v1=${digest(secret, timestamp, bytes)}`
  // Buffers are mostly parts of a larger memory, which must not be used as the body.
  const part = new Uint8Array([1, ...bytes, 2]).subarray(1, -1)
  for (const rawBody of ['{"name":"Zoë 🦊"}', bytes, Buffer.from(bytes), bytes.slice().buffer, part]) {
    assert.equal(await verdict(request({ rawBody, signatureHeader })), true)
  }
  const empty = `v1=${digest(secret, timestamp, '')}`
  assert.equal(await verdict(request({ rawBody: '', signatureHeader: empty })), true)
  assert.equal(await verdict(request({ rawBody: new Uint8Array(), signatureHeader: empty })), true)
})

test('a changed body is rejected', async () => {
  assert.equal(await verdict(request({ rawBody: `${body} ` })), false)
  assert.equal(await verdict(request({ rawBody: body.replace('evt_1', 'evt_2') })), false)
  assert.equal(await verdict(request({ rawBody: '' })), false)
})

test('a changed timestamp is rejected', async () => {
  assert.equal(await verdict(request({ timestampHeader: String(timestamp + 1) })), false)
  // The same number, but not what was signed.
  assert.equal(await verdict(request({ timestampHeader: `0${timestamp}` })), false)
})

test('a signature with any digit changed is rejected', async () => {
  for (let i = 0; i < current.length; i++) {
    const changed = current.slice(0, i) + (current[i] === '0' ? '1' : '0') + current.slice(i + 1)
    assert.equal(await verdict(request({ signatureHeader: `v1=${changed}` })), false, `digit ${i}`)
  }
})

test('a signature with another secret is rejected', async () => {
  assert.equal(await verdict(request({ signatureHeader: `v1=${other}` })), false)
  assert.equal(await verdict(request({ secret: secret.slice('whsec_'.length) })), false)
})

test('during a rotation, both the old and the new secret are accepted', async () => {
  for (const signatureHeader of [`v1=${current},v1=${other}`, `v1=${other},v1=${current}`]) {
    assert.equal(await verdict(request({ signatureHeader })), true)
    assert.equal(await verdict(request({ signatureHeader, secret: otherSecret })), true)
    assert.equal(await verdict(request({ signatureHeader, secret: 'whsec_third' })), false)
  }
})

test('a receiver may accept several secrets during a rotation', async () => {
  for (const list of [[secret], [secret, otherSecret], [otherSecret, secret]]) {
    assert.equal(await verdict(request({ secret: list })), true)
  }
  assert.equal(await verdict(request({ secret: [otherSecret, 'whsec_third'] })), false)
})

test('spaces around the commas, uppercase digits and other versions are accepted', async () => {
  for (const signatureHeader of [
    ` v1=${current} `,
    `v1=${other} , v1=${current}`,
    `v1=${other},\tv1=${current}`,
    `v1=${current.toUpperCase()}`,
    `v2=${other},v1=${current}`,
    `v1=${current},v2=a,b;c==`,
    `,,v1=${current},`,
    `v1=00,v1=${current}`,
  ]) {
    assert.equal(await verdict(request({ signatureHeader })), true, signatureHeader)
  }
})

test('a value other than a v1 signature is rejected', async () => {
  for (const signatureHeader of [
    '',
    ',',
    'v1',
    'v1=',
    current,
    `v2=${current}`,
    `V1=${current}`,
    `v1 =${current}`,
    `v1= ${current}`,
    `v1=${current} v1=${current}`,
    `v1=${current.slice(1)}`,
    `v1=${current.slice(2)}`,
    `v1=${current}0`,
    `v1=${current}00`,
    `v1=0x${current.slice(2)}`,
    `v1=${current.slice(0, -1)}g`,
    `v1=${current}\n`.repeat(2),
  ]) {
    assert.equal(await verdict(request({ signatureHeader })), false, JSON.stringify(signatureHeader))
  }
})

test('missing headers are rejected', async () => {
  for (const missing of [null, undefined]) {
    assert.equal(await verdict(request({ signatureHeader: missing })), false)
    assert.equal(await verdict(request({ timestampHeader: missing })), false)
  }
})
