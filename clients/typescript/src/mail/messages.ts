import type { HttpClient } from '../http/http-client.js'
import { pathOf } from '../http/url.js'
import type { MailTimeline } from './types.js'

/** Sent messages. */
export class Messages {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** The timeline of a message. */
  async timeline(messageId: string): Promise<MailTimeline> {
    return this.#http.get(pathOf('mail', 'messages', messageId, 'timeline'))
  }
}
