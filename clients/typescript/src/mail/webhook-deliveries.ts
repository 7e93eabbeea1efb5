import type { HttpClient } from '../http/http-client.js'
import { pathOf } from '../http/url.js'
import type { MailDelivery, MailDeliveryDetail } from './types.js'

/** Deliveries of events to your endpoints. */
export class WebhookDeliveries {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** A delivery with all its attempts. */
  async get(id: string): Promise<MailDeliveryDetail> {
    return this.#http.get(pathOf('mail', 'webhook-deliveries', id))
  }

  /** Makes another attempt; with `force`, also for a delivery that has succeeded or is in progress. */
  async retry(id: string, options: { force?: boolean | undefined } = {}): Promise<MailDelivery> {
    const body = options.force ? { force: true } : undefined
    return this.#http.write('POST', pathOf('mail', 'webhook-deliveries', id, 'retry'), body)
  }
}
