/** The API answered, and its answer is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The HTTP status, for example 404. */
  readonly status: number
  /** What went wrong, for programs: the API's own code, or `http_<status>` when something before it answered. */
  readonly code: string
  /** After how many seconds the API asks to be called again, if it said so. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, code: string, message: string, retryAfterSeconds?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The API gave no answer: it could not be reached, or not in time. Whether it did what was asked is unknown. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}
