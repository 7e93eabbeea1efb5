import type { HttpClient } from '../http/http-client.js'
import { fetchPage } from '../http/page.js'
import { PagePromise } from '../http/page-promise.js'
import { pathOf } from '../http/url.js'
import type { AnyMailEventType } from './event-types.js'
import type { ListOptions, MailEvent } from './types.js'

/** Which events to list. */
export interface ListEvents extends ListOptions {
  type?: AnyMailEventType | undefined
  resourceType?: string | undefined
  resourceId?: string | undefined
  messageId?: string | undefined
  from?: string | Date | undefined
  to?: string | Date | undefined
}

/** What happened. */
export class Events {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** Events that fit every filter given. */
  list(options: ListEvents = {}): PagePromise<MailEvent> {
    const { type, resourceType, resourceId, messageId, from, to, limit, cursor } = options
    const query = { type, resourceType, resourceId, messageId, from, to, limit, cursor }
    return new PagePromise(() => fetchPage(this.#http, pathOf('mail', 'events'), query))
  }
}
