/** The API answered with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The HTTP status, for example 404. */
  readonly status: number
  /** The error code for programs: the API's own, or `http_<status>` if something in front of the API answered. */
  readonly code: string
  /** The seconds to wait before the next call, if the answer contains them. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, code: string, message: string, retryAfterSeconds?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The API gave no answer: it could not be reached, or not in time. It is unknown whether the request was processed. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}
