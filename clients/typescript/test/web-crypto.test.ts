import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { verifyWebhookSignatureAsync } from '@stack-notifications/client'
import { request } from './signing.js'

const forged = request({ rawBody: 'another' })

test('async uses Web Crypto where there is one', async t => {
  let signed = 0
  const subtle = {
    importKey: webcrypto.subtle.importKey.bind(webcrypto.subtle),
    sign: (...args: Parameters<typeof webcrypto.subtle.sign>) => {
      signed++
      return webcrypto.subtle.sign(...args)
    },
  }
  replaceCrypto(t, { subtle })
  assert.equal(await verifyWebhookSignatureAsync(request()), true)
  assert.equal(signed, 1)
  assert.equal(await verifyWebhookSignatureAsync(forged), false)
  assert.equal(signed, 2)
})

test('async works without Web Crypto, as in Node 18', async t => {
  for (const crypto of [undefined, {}]) {
    replaceCrypto(t, crypto)
    assert.equal(await verifyWebhookSignatureAsync(request()), true)
    assert.equal(await verifyWebhookSignatureAsync(forged), false)
  }
})

test('a change of the body during verification has no effect', async () => {
  const rawBody = new TextEncoder().encode(String(request().rawBody))
  const valid = verifyWebhookSignatureAsync(request({ rawBody }))
  rawBody.fill(0)
  assert.equal(await valid, true)
})

function replaceCrypto(t: { after(restore: () => void): void }, value: unknown): void {
  const original = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
  Object.defineProperty(globalThis, 'crypto', { value, configurable: true })
  t.after(() => {
    if (original === undefined) Reflect.deleteProperty(globalThis, 'crypto')
    else Object.defineProperty(globalThis, 'crypto', original)
  })
}
