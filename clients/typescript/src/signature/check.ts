import { readArguments } from './arguments.js'
import { isTimely, readSignatures } from './headers.js'
import type { VerifyWebhookSignatureOptions } from './options.js'

/** The input for the digest, after all other checks. */
export interface Check {
  message: Uint8Array<ArrayBuffer>
  keys: Uint8Array<ArrayBuffer>[]
  signatures: Uint8Array[]
}

/** Checks everything except the digest; `null` if the request is already invalid. */
export function prepare(options: VerifyWebhookSignatureOptions): Check | null {
  const { body, keys, toleranceSeconds, nowSeconds } = readArguments(options)
  const timestamp = options.timestampHeader
  if (!isTimely(timestamp, nowSeconds, toleranceSeconds)) return null
  const signatures = readSignatures(options.signatureHeader)
  return signatures.length === 0 ? null : { message: signedMessage(timestamp, body), keys, signatures }
}

// A copy of the body, so that nobody can change it while the asynchronous digest is computed.
function signedMessage(timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = new TextEncoder().encode(`${timestamp}.`)
  const message = new Uint8Array(prefix.length + body.length)
  message.set(prefix)
  message.set(body, prefix.length)
  return message
}
