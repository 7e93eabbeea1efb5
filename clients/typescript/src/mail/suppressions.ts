import type { HttpClient } from '../http/http-client.js'
import { fetchPage } from '../http/page.js'
import { PagePromise } from '../http/page-promise.js'
import { pathOf } from '../http/url.js'
import type { ListOptions, MailSuppression } from './types.js'

/** Addresses that get no more mail, because mail bounced or the recipient complained. */
export class Suppressions {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** All suppressed addresses. */
  list(options: ListOptions = {}): PagePromise<MailSuppression> {
    const { limit, cursor } = options
    return new PagePromise(() => fetchPage(this.#http, pathOf('mail', 'suppressions'), { limit, cursor }))
  }

  /** Allows mail to an address again. */
  async delete(email: string): Promise<{ deleted: true }> {
    return this.#http.write('DELETE', pathOf('mail', 'suppressions', email))
  }
}
