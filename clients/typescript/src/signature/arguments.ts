import type { VerifyWebhookSignatureOptions } from './options.js'

const encoder = new TextEncoder()

/** The receiver's own arguments. Errors in them throw: otherwise they would look like a forgery. */
export interface Arguments {
  body: Uint8Array
  keys: Uint8Array<ArrayBuffer>[]
  toleranceSeconds: number
  nowSeconds: number
}

export function readArguments(options: VerifyWebhookSignatureOptions): Arguments {
  return {
    keys: keysOf(options.secret),
    toleranceSeconds: toleranceOf(options.toleranceSeconds ?? 300),
    nowSeconds: secondsOf(options.now ?? Date.now()),
    body: bytesOf(options.rawBody),
  }
}

function keysOf(secret: unknown): Uint8Array<ArrayBuffer>[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  if (secrets.length === 0) throw new TypeError('secret: the list of webhook secrets is empty.')
  return secrets.map(one => {
    // An unset environment variable causes this, too. With an empty key, anybody could sign.
    if (typeof one !== 'string' || one === '') throw new TypeError('secret: the webhook secret is missing or empty.')
    return encoder.encode(one)
  })
}

function toleranceOf(seconds: unknown): number {
  if (typeof seconds !== 'number') throw new TypeError('toleranceSeconds must be a number.')
  if (!Number.isFinite(seconds) || seconds < 0) throw new RangeError('toleranceSeconds must be finite and at least 0.')
  return seconds
}

function secondsOf(now: unknown): number {
  const milliseconds = now instanceof Date ? now.getTime() : now
  if (typeof milliseconds !== 'number' || !Number.isFinite(milliseconds)) {
    throw new TypeError('now must be a valid Date or a number of milliseconds.')
  }
  return Math.floor(milliseconds / 1000)
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return encoder.encode(body)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  if (isArrayBuffer(body)) return new Uint8Array(body)
  throw new TypeError(
    'rawBody must be the raw request body, a string or bytes: pass it as it arrived, before JSON parsing.',
  )
}

// Checked by tag, because buffers of test runners and edge runtimes may come from another realm, where `instanceof`
// fails.
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]'
}
