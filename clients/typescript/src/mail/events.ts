import type { HttpClient } from '../http/http-client.js'
import { fetchPage } from '../http/page.js'
import { PagePromise } from '../http/page-promise.js'
import { pathOf } from '../http/url.js'
import type { AnyMailEventType } from './event-types.js'
import type { ListOptions, MailEvent } from './types.js'

/** Filters for the list of events. */
export interface ListEvents extends ListOptions {
  type?: AnyMailEventType | undefined
  resourceType?: string | undefined
  resourceId?: string | undefined
  messageId?: string | undefined
  from?: string | Date | undefined
  to?: string | Date | undefined
}

/** The event log. */
export class Events {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** The events that match every filter. */
  list(options: ListEvents = {}): PagePromise<MailEvent> {
    const { type, resourceType, resourceId, messageId, from, to, limit, cursor } = options
    const query = { type, resourceType, resourceId, messageId, from, to, limit, cursor }
    return new PagePromise(() => fetchPage(this.#http, pathOf('mail', 'events'), query))
  }
}
