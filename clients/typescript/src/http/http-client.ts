import { type Answer, jsonOf } from './answer.js'
import { ConnectionError } from './errors.js'
import type { Fetch } from './fetch.js'
import { readRetryAfter, withRetries } from './retry.js'
import { type Query, queryOf, readBaseUrl } from './url.js'

// The maximum of timers: a longer one would fire immediately.
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The options of the client. */
export interface ClientOptions {
  /** The address of the API, for example `https://api.example.com/v1`. */
  baseUrl: string
  /** The API key, sent as `Authorization: Bearer <apiKey>`. */
  apiKey: string
  /** Used instead of the runtime's `fetch`, for proxies, logs and tests. */
  fetch?: Fetch | undefined
  /** The milliseconds after which an attempt without an answer fails; 30,000 by default. */
  timeoutMs?: number | undefined
}

/** JSON over HTTP, with this API's authorization and errors. */
export class HttpClient {
  // Private with `#`, so that printing the client does not show the key.
  readonly #baseUrl: string
  readonly #apiKey: string
  readonly #fetch: Fetch
  readonly #timeoutMs: number

  constructor(options: ClientOptions) {
    this.#baseUrl = readBaseUrl(options.baseUrl)
    this.#apiKey = readApiKey(options.apiKey)
    // Looked up at each call, so that a later replacement by tests or tracing is used.
    this.#fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
    this.#timeoutMs = readTimeout(options.timeoutMs ?? 30_000)
  }

  /** Sends a read, with retries after temporary errors. */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    const target = path + queryOf(query)
    return withRetries(() => this.#request<T>('GET', target))
  }

  /** Sends a write once: it may have been processed even without an answer. */
  async write<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
    return this.#request<T>(method, path, body)
  }

  async #request<T>(method: string, target: string, body?: object): Promise<T> {
    return jsonOf(await this.#answer(method, target, body === undefined ? null : JSON.stringify(body))) as T
  }

  async #answer(method: string, target: string, body: string | null): Promise<Answer> {
    const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${this.#apiKey}` }
    if (body !== null) headers['content-type'] = 'application/json'
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), this.#timeoutMs)
    // Detached from `this`, because the `fetch` of browsers and Workers must not be called as a method.
    const send = this.#fetch
    try {
      const response = await send(this.#baseUrl + target, {
        method,
        headers,
        body,
        // The API does not redirect; the key must not be sent to the target of a redirect.
        redirect: 'manual',
        signal: controller.signal,
      })
      const retryAfterSeconds = readRetryAfter(response.headers.get('retry-after'))
      return { status: response.status, retryAfterSeconds, text: await response.text() }
    } catch (cause) {
      throw new ConnectionError(
        controller.signal.aborted
          ? `The API did not answer within ${this.#timeoutMs} ms.`
          : 'The API could not be reached.',
        { cause },
      )
    } finally {
      clearTimeout(timer)
    }
  }
}

function readApiKey(apiKey: unknown): string {
  // Printable, so that a trailing line break is reported here and not by `fetch` at every call.
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError('apiKey is missing, or has characters that a key does not have.')
  }
  return apiKey
}

function readTimeout(timeoutMs: unknown): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS)) {
    throw new RangeError(`timeoutMs must be more than 0 and at most ${LONGEST_TIMER_MS}.`)
  }
  return timeoutMs
}
