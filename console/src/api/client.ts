import createClient from 'openapi-fetch'
import { ApiError, readError } from './error'
import { apiRoot } from './root'
import { session, signOut } from './session'
import type { Paths } from './types'

/** The typed client. Its answers go through `call`, which throws what is not a success. */
export const api = createClient<Paths>({ baseUrl: apiRoot(location.pathname) })

api.use({
  onRequest({ request }) {
    const { key } = session.get()
    if (key && !request.headers.has('Authorization')) request.headers.set('Authorization', `Bearer ${key}`)
    return request
  },
})

/** The body of a request that is JSON already, and goes out as it is written. */
export const asWritten = (json: string) => ({ body: json as never, bodySerializer: () => json })

type Answered<T> = { data?: T; error?: unknown; response: Response }

/** The body of a success; anything else is thrown as an `ApiError`. A key that is refused ends the session. */
export async function call<T>(request: Promise<Answered<T>>): Promise<T> {
  const sentWith = session.get().key
  let answer: Answered<T>
  try {
    answer = await request
  } catch {
    throw new ApiError(0, null, 'The API did not answer. Check your connection, then try again.')
  }
  const { data, error, response } = answer
  if (response.ok) return data as T
  const thrown = readError(response.status, error, response.headers.get('Retry-After'))
  // Only of the key that is in use: an answer may come after somebody else has signed in.
  if (response.status === 401 && sentWith !== null && sentWith === session.get().key) signOut(thrown.message)
  throw thrown
}

/** Like `call`, for a request with `parseAs: 'text'`: `read` makes the result from the answer's text. */
export const callText = <T>(request: Promise<Answered<string>>, read: (text: string) => T): Promise<T> =>
  call(request.then(({ data, ...answer }) => (data === undefined ? answer : { ...answer, data: read(data) })))
