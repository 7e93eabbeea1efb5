import { ApiError, ConnectionError } from './errors.js'

const RETRIES = 2
const FIRST_PAUSE_MS = 250
// A longer wait is reported to the caller instead of delaying the call.
const LONGEST_PAUSE_MS = 30_000
const PASSING = new Set([429, 502, 503, 504])

/** Retries an attempt after temporary errors. Only for idempotent requests. */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt()
    } catch (error) {
      const pauseMs = pauseAfter(error, retries)
      if (retries === RETRIES || !isPassing(error) || pauseMs > LONGEST_PAUSE_MS) throw error
      await new Promise(resolve => setTimeout(resolve, pauseMs))
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiError && PASSING.has(error.status))
}

function pauseAfter(error: unknown, retries: number): number {
  if (error instanceof ApiError && error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1000
  // Partly random, so that clients that failed together do not retry together.
  return FIRST_PAUSE_MS * 2 ** retries * (0.5 + Math.random() / 2)
}

/** Parses `Retry-After`: a number of seconds or a date. */
export function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^[0-9]+$/.test(header)) return Number(header)
  // An HTTP date starts with the day of the week; `Date.parse` alone accepts nearly any text as a date.
  const at = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}
