import { ApiError } from './errors.js'

/** An answer of the API, read to its end. */
export interface Answer {
  status: number
  retryAfterSeconds: number | undefined
  text: string
}

/** The JSON of a good answer; throws the {@link ApiError} of any other. */
export function jsonOf({ status, retryAfterSeconds, text }: Answer): unknown {
  const json = parse(text)
  if (status < 200 || status > 299) throw errorOf(status, json, retryAfterSeconds)
  if (json === undefined) throw invalidAnswer(status)
  return json
}

/** For an answer that is none of this API's. */
export function invalidAnswer(status: number): ApiError {
  return new ApiError(status, 'invalid_response', 'The answer is not one of the API: check the baseUrl.')
}

function errorOf(status: number, json: unknown, retryAfterSeconds: number | undefined): ApiError {
  // `message` is what API Gateway says for itself, before the API is asked.
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
