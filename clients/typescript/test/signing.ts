import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import {
  type VerifyWebhookSignatureOptions,
  verifyWebhookSignature,
  verifyWebhookSignatureAsync,
} from '@stack-notifications/client'

export const secret = 'whsec_c3RhY2stbm90aWZpY2F0aW9ucy1leGFtcGxlLTE'
export const otherSecret = 'whsec_c3RhY2stbm90aWZpY2F0aW9ucy1leGFtcGxlLTI'
export const timestamp = 1_700_000_000
export const body = '{"id":"evt_1","type":"mail.message.sent","createdAt":"2026-01-01T00:00:00Z","data":{}}'

/** The sender's digest, calculated with Node's own HMAC and without code of the package. */
export function digest(key: string, at: number | string, rawBody: string | Uint8Array): string {
  return createHmac('sha256', key).update(`${at}.`).update(rawBody).digest('hex')
}

/** A genuine request with these changes. */
export function request(changes: Partial<VerifyWebhookSignatureOptions> = {}): VerifyWebhookSignatureOptions {
  return {
    rawBody: body,
    timestampHeader: String(timestamp),
    signatureHeader: `v1=${digest(secret, timestamp, body)}`,
    secret,
    now: timestamp * 1000,
    ...changes,
  }
}

/** The result of both functions, which must be the same. */
export async function verdict(options: VerifyWebhookSignatureOptions): Promise<boolean> {
  const valid = verifyWebhookSignature(options)
  assert.equal(await verifyWebhookSignatureAsync(options), valid, 'sync and async disagree')
  return valid
}

/** Asserts that both functions throw this error. */
export async function refuses(options: unknown, error: { name: string; message: RegExp }): Promise<void> {
  assert.throws(() => verifyWebhookSignature(options as VerifyWebhookSignatureOptions), error)
  await assert.rejects(verifyWebhookSignatureAsync(options as VerifyWebhookSignatureOptions), error)
}
