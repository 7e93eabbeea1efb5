import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { prepare } from './check.js'
import { isAmong } from './compare.js'
import type { VerifyWebhookSignatureOptions } from './options.js'

/**
 * Whether a webhook comes from the holder of the secret, unchanged and just now. Process it only if so.
 *
 * It answers at once, without a promise, so `if (!verifyWebhookSignature({ … }))` is all it takes.
 *
 * @returns `false` for whatever a sender got wrong: no headers, a bad or old signature, another body.
 * @throws {TypeError} for what the receiver got wrong: no secret, or a body that has already been parsed.
 * @throws {RangeError} if `toleranceSeconds` is negative or not finite.
 */
export function verifyWebhookSignature(options: VerifyWebhookSignatureOptions): boolean {
  const check = prepare(options)
  return check?.keys.some(key => isAmong(hmac(sha256, key, check.message), check.signatures)) ?? false
}
