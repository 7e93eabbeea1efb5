/** An error answer. Its message is the API's own. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 if there was no answer. */
    readonly status: number,
    /** The API's error code, if it sent one. */
    readonly code: string | null,
    message: string,
    /** The problems of single fields, if the API named any. */
    readonly fields: { field: string; message: string }[] = [],
    /** Seconds to wait, from `Retry-After`. */
    readonly retryAfter: number | null = null,
    /** The whole answer. */
    readonly body: unknown = null,
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

/** Reads an error of any of our APIs (`{error, code}`, `{error: {message}}`, `{error, fields}`) or of API Gateway. */
export function readError(status: number, body: unknown, retryAfter: string | null = null): ApiError {
  const envelope: Envelope = typeof body === 'object' && body !== null ? body : {}
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null
  const { error } = envelope
  if (typeof error === 'string') {
    return new ApiError(status, envelope.code ?? null, error, envelope.fields, seconds, body)
  }
  if (error?.message) {
    return new ApiError(status, error.code ?? null, error.message, error.details, seconds)
  }
  return new ApiError(status, null, defaultMessage(status, envelope.message), [], seconds)
}

function defaultMessage(status: number, gatewayMessage: string | undefined): string {
  if (status === 404) return 'The API does not have this route. Deploy the current version.'
  if (status >= 500) return `The API failed (${status}). Try again in a moment.`
  return gatewayMessage ? `The API answered ${status}: ${gatewayMessage}.` : `The API answered ${status}.`
}

/** The message to show for a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Reload the page.'
}
