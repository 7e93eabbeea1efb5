import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { prepare } from './check.js'
import { isAmong } from './compare.js'
import type { VerifyWebhookSignatureOptions } from './options.js'

/**
 * Whether the holder of the secret sent this webhook, unmodified and recently. Process it only if the result is `true`.
 *
 * It returns a boolean, not a promise, so that `if (!verifyWebhookSignature({ … }))` is sufficient.
 *
 * @returns `false` for an invalid request: missing headers, a wrong or old signature, another body.
 * @throws {TypeError} for invalid arguments: no secret, or a body that was already parsed.
 * @throws {RangeError} if `toleranceSeconds` is negative or not finite.
 */
export function verifyWebhookSignature(options: VerifyWebhookSignatureOptions): boolean {
  const check = prepare(options)
  return check?.keys.some(key => isAmong(hmac(sha256, key, check.message), check.signatures)) ?? false
}
