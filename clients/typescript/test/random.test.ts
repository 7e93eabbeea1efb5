import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { test } from 'node:test'
import { digest, request, verdict } from './signing.js'

test('random bodies and secrets are accepted, and rejected with one bit changed', async () => {
  for (let i = 0; i < 300; i++) {
    const rawBody = randomBytes(randomInt(1, 1000))
    // Up to 200 bytes, because HMAC hashes keys that are longer than a block.
    const secret = `whsec_${randomBytes(randomInt(1, 145)).toString('base64')}`
    const at = randomInt(0, 2 ** 40)
    const genuine = request({
      rawBody,
      secret,
      timestampHeader: String(at),
      signatureHeader: `v1=${digest(secret, at, rawBody)}`,
      now: at * 1000,
    })
    assert.equal(await verdict(genuine), true)

    const forged = Uint8Array.from(rawBody)
    const changed = randomInt(forged.length)
    forged[changed] = (forged[changed] ?? 0) ^ (1 << randomInt(8))
    assert.equal(await verdict({ ...genuine, rawBody: forged }), false)
  }
})

test('a large body is accepted', async () => {
  const rawBody = randomBytes(5_000_000)
  const { secret, timestampHeader } = request()
  const signatureHeader = `v1=${digest(String(secret), String(timestampHeader), rawBody)}`
  assert.equal(await verdict(request({ rawBody, signatureHeader })), true)
})

test('no invalid request throws or is accepted', async () => {
  const pieces = [
    'v1=',
    'v1',
    'v2=',
    '=',
    ',',
    ' ',
    '\t',
    '\r\n',
    '\0',
    '-',
    '.',
    '1700000000',
    'ff',
    'é',
    '\ud800',
    '🦊',
  ]
  const garbage = () => {
    const parts = Array.from({ length: randomInt(12) }, () => pieces[randomInt(pieces.length)])
    return parts.join('') + (randomInt(4) === 0 ? randomBytes(randomInt(40)).toString('hex') : '')
  }
  for (let i = 0; i < 3000; i++) {
    const signatureHeader = garbage()
    assert.equal(
      await verdict(request({ signatureHeader, rawBody: garbage() })),
      false,
      JSON.stringify(signatureHeader),
    )
    const timestampHeader = `${garbage()}x`
    assert.equal(await verdict(request({ timestampHeader })), false, JSON.stringify(timestampHeader))
  }
})

test('headers of an invalid type are rejected', async () => {
  for (const header of [7, {}, [], ['v1='], true, Symbol('header')] as unknown as string[]) {
    assert.equal(await verdict(request({ signatureHeader: header })), false)
    assert.equal(await verdict(request({ timestampHeader: header })), false)
  }
})

test('a header of a million elements is rejected quickly', async () => {
  assert.equal(await verdict(request({ signatureHeader: 'v1=00,'.repeat(1_000_000) })), false)
})
