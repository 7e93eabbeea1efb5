import type { HttpClient } from '../http/http-client.js'
import { pathOf } from '../http/url.js'
import type { MailTimeline } from './types.js'

/** Messages. */
export class Messages {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** The life of a message, step by step. */
  async timeline(messageId: string): Promise<MailTimeline> {
    return this.#http.get(pathOf('mail', 'messages', messageId, 'timeline'))
  }
}
