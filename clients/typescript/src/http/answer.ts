import { ApiError } from './errors.js'

/** A complete answer of the API. */
export interface Answer {
  status: number
  retryAfterSeconds: number | undefined
  text: string
}

/** Returns the JSON of a successful answer; throws an {@link ApiError} for any other answer. */
export function jsonOf({ status, retryAfterSeconds, text }: Answer): unknown {
  const json = parse(text)
  if (status < 200 || status > 299) throw errorOf(status, json, retryAfterSeconds)
  if (json === undefined) throw invalidAnswer(status)
  return json
}

/** The error for an answer that does not come from this API. */
export function invalidAnswer(status: number): ApiError {
  return new ApiError(status, 'invalid_response', 'The answer is not one of the API: check the baseUrl.')
}

function errorOf(status: number, json: unknown, retryAfterSeconds: number | undefined): ApiError {
  // API Gateway uses `message` in its own answers, before a request reaches the API.
  const { error, code, message } = (json ?? {}) as { error?: unknown; code?: unknown; message?: unknown }
  const sentence = [error, message].find(text => typeof text === 'string' && text !== '')
  return new ApiError(
    status,
    typeof code === 'string' ? code : `http_${status}`,
    typeof sentence === 'string' ? sentence : `The API answered with status ${status}.`,
    retryAfterSeconds,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
