import createClient from 'openapi-fetch'
import { ApiError, readError } from './error'
import { apiRoot } from './root'
import { session, signOut } from './session'
import type { Paths } from './types'

/** The typed client. Pass its answers to `call`, which throws an error for every status but 2xx. */
export const api = createClient<Paths>({ baseUrl: apiRoot(location.pathname) })

api.use({
  onRequest({ request }) {
    const { key } = session.get()
    if (key && !request.headers.has('Authorization')) request.headers.set('Authorization', `Bearer ${key}`)
    return request
  },
})

/** Sends a body that already is JSON, without serializing it again. */
export const asWritten = (json: string) => ({ body: json as never, bodySerializer: () => json })

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** Returns the body of a 2xx answer and throws an `ApiError` otherwise. A 401 ends the session. */
export async function call<T>(request: Promise<Answer<T>>): Promise<T> {
  const sentWith = session.get().key
  let answer: Answer<T>
  try {
    answer = await request
  } catch {
    throw new ApiError(0, null, 'The API did not answer. Check your connection, then try again.')
  }
  const { data, error, response } = answer
  if (response.ok) return data as T
  const thrown = readError(response.status, error, response.headers.get('Retry-After'))
  // The answer may belong to an earlier key: then the current session goes on.
  if (response.status === 401 && sentWith !== null && sentWith === session.get().key) signOut(thrown.message)
  throw thrown
}

/** Like `call`, for a request with `parseAs: 'text'`. `read` parses the text of the answer. */
export const callText = <T>(request: Promise<Answer<string>>, read: (text: string) => T): Promise<T> =>
  call(request.then(({ data, ...answer }) => (data === undefined ? answer : { ...answer, data: read(data) })))
