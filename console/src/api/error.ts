/** An answer that is not a success, with the server's own sentence. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** The server's word for programs, if it gave one. */
    readonly code: string | null,
    message: string,
    /** What is wrong with which field, where the API says it. */
    readonly fields: { field: string; message: string }[] = [],
    /** Seconds to wait, of a 429 or 503. */
    readonly retryAfter: number | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

type Envelope = {
  error?: string | { code?: string; message?: string; details?: { field: string; message: string }[] }
  code?: string
  fields?: { field: string; message: string }[]
  message?: string
}

/** Reads any of the product's error envelopes (`{error, code}`, `{error: {message}}`, `{error, fields}`) or the gateway's. */
export function readError(status: number, body: unknown, retryAfter: string | null = null): ApiError {
  const envelope: Envelope = typeof body === 'object' && body !== null ? body : {}
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null
  const { error } = envelope
  if (typeof error === 'string') {
    return new ApiError(status, envelope.code ?? null, error, envelope.fields, seconds)
  }
  if (error?.message) {
    return new ApiError(status, error.code ?? null, error.message, error.details, seconds)
  }
  return new ApiError(status, null, defaultMessage(status, envelope.message), [], seconds)
}

function defaultMessage(status: number, gatewayMessage: string | undefined): string {
  if (status === 404) return 'This API does not have the route that the page asks for. Deploy its current version.'
  if (status >= 500) return `The API failed (${status}). Try again in a moment.`
  return gatewayMessage ? `The API answered ${status}: ${gatewayMessage}.` : `The API answered ${status}.`
}

/** The sentence to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Load the page again.'
}
