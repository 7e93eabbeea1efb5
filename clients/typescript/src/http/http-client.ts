import { type Answer, jsonOf } from './answer.js'
import { ConnectionError } from './errors.js'
import type { Fetch } from './fetch.js'
import { readRetryAfter, withRetries } from './retry.js'
import { type Query, queryOf, readBaseUrl } from './url.js'

// The longest that timers can take: a longer one would fire at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How to reach the API. */
export interface ClientOptions {
  /** Where the API is, for example `https://api.example.com/v1`. */
  baseUrl: string
  /** The API key. It is sent as `Authorization: Bearer <apiKey>`. */
  apiKey: string
  /** Used instead of the runtime's `fetch`, for proxies, logs and tests. */
  fetch?: Fetch | undefined
  /** After how many milliseconds an attempt without an answer is given up. 30 000 unless given. */
  timeoutMs?: number | undefined
}

/** JSON over HTTP, with this API's authorization and errors. */
export class HttpClient {
  // Private by `#`, so that the key is not in what a logged client prints.
  readonly #baseUrl: string
  readonly #apiKey: string
  readonly #fetch: Fetch
  readonly #timeoutMs: number

  constructor(options: ClientOptions) {
    this.#baseUrl = readBaseUrl(options.baseUrl)
    this.#apiKey = readApiKey(options.apiKey)
    // Looked up at each call, so that what tests and tracing put in its place later is used.
    this.#fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
    this.#timeoutMs = readTimeout(options.timeoutMs ?? 30_000)
  }

  /** Reads, again if it fails for a passing reason. */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    const target = path + queryOf(query)
    return withRetries(() => this.#request<T>('GET', target))
  }

  /** Writes, once: an attempt without an answer may have been carried out. */
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
    // Detached from `this`, without which the `fetch` of browsers and Workers refuses to run.
    const send = this.#fetch
    try {
      const response = await send(this.#baseUrl + target, {
        method,
        headers,
        body,
        // The API does not redirect; whatever does should not be followed with a key.
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
  // Printable, so that a line break at its end is named here and not refused by `fetch` at every call.
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
