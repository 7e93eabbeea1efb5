import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { prepare } from './check.js'
import { isAmong } from './compare.js'
import type { VerifyWebhookSignatureOptions } from './options.js'

/**
 * {@link verifyWebhookSignature} with the runtime's own Web Crypto, which is faster for large bodies.
 *
 * **Await it.** A promise is truthy: `if (!verifyWebhookSignatureAsync({ … }))` without `await` accepts everything.
 *
 * @returns a promise of the result of {@link verifyWebhookSignature}; it rejects where that function throws.
 */
export async function verifyWebhookSignatureAsync(options: VerifyWebhookSignatureOptions): Promise<boolean> {
  const check = prepare(options)
  if (check === null) return false
  for (const key of check.keys) {
    if (isAmong(await digestOf(key, check.message), check.signatures)) return true
  }
  return false
}

async function digestOf(key: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  // Node 18 has no global `crypto` by default, and on pages without TLS it has no `subtle`.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (subtle === undefined) return hmac(sha256, key, message)
  const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', imported, message))
}
