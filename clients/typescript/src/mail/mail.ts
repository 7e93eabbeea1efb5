import type { HttpClient } from '../http/http-client.js'
import { Events } from './events.js'
import { Messages } from './messages.js'
import { Suppressions } from './suppressions.js'
import { WebhookDeliveries } from './webhook-deliveries.js'
import { Webhooks } from './webhooks.js'

/** The Mail API. */
export class Mail {
  readonly webhooks: Webhooks
  readonly webhookDeliveries: WebhookDeliveries
  readonly events: Events
  readonly messages: Messages
  readonly suppressions: Suppressions

  /** @internal */
  constructor(http: HttpClient) {
    this.webhooks = new Webhooks(http)
    this.webhookDeliveries = new WebhookDeliveries(http)
    this.events = new Events(http)
    this.messages = new Messages(http)
    this.suppressions = new Suppressions(http)
  }
}
