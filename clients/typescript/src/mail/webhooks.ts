import type { HttpClient } from '../http/http-client.js'
import { fetchPage } from '../http/page.js'
import { PagePromise } from '../http/page-promise.js'
import { pathOf } from '../http/url.js'
import type { AnyMailEventType, MailEventType } from './event-types.js'
import type {
  ListOptions,
  MailDelivery,
  MailDeliveryStatus,
  MailWebhook,
  MailWebhookWithSecret,
  RotatedMailWebhook,
} from './types.js'

/** What a new webhook is made of. */
export interface CreateWebhook {
  url: string
  description?: string | undefined
  /** Only known ones, so that a slip of the pen does not compile. */
  eventTypes: readonly MailEventType[]
  /** The most deliveries per second, 0.001 to 1000. */
  maxPerSecond?: number | undefined
}

/** What to change of a webhook. What is left out stays as it is. */
export interface UpdateWebhook {
  url?: string | undefined
  /** `null` removes it. */
  description?: string | null | undefined
  /** All that it shall be subscribed to from now on. Any, so that those of a webhook just read can be given back. */
  eventTypes?: readonly AnyMailEventType[] | undefined
  status?: MailWebhook['status'] | undefined
  /** The most deliveries per second, 0.001 to 1000; `null` removes the limit. */
  maxPerSecond?: number | null | undefined
}

/** Your endpoints. */
export class Webhooks {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** Subscribes an endpoint to events. Store the `secret` of the result: it is not shown again. */
  async create(webhook: CreateWebhook): Promise<MailWebhookWithSecret> {
    return this.#http.write('POST', pathOf('mail', 'webhooks'), webhook)
  }

  /** Your webhooks, newest first. */
  list(options: ListOptions = {}): PagePromise<MailWebhook> {
    const { limit, cursor } = options
    return new PagePromise(() => fetchPage(this.#http, pathOf('mail', 'webhooks'), { limit, cursor }))
  }

  /** One webhook. */
  async get(id: string): Promise<MailWebhook> {
    return this.#http.get(pathOf('mail', 'webhooks', id))
  }

  /** Changes what is given, and nothing else. */
  async update(id: string, changes: UpdateWebhook): Promise<MailWebhook> {
    return this.#http.write('PATCH', pathOf('mail', 'webhooks', id), changes)
  }

  /** Stops deliveries to a webhook, which can be enabled again by an update. */
  async disable(id: string): Promise<MailWebhook> {
    return this.update(id, { status: 'disabled' })
  }

  /** Deletes a webhook for good. */
  async delete(id: string): Promise<{ deleted: true }> {
    return this.#http.write('DELETE', pathOf('mail', 'webhooks', id))
  }

  /** Makes a new secret. Until `previousSecretExpiresAt` deliveries are signed with the one before too. */
  async rotateSecret(id: string): Promise<RotatedMailWebhook> {
    return this.#http.write('POST', pathOf('mail', 'webhooks', id, 'rotate-secret'))
  }

  /** Sends the endpoint a signed request. If it answers with a 2xx, the webhook is healthy again. */
  async verify(id: string): Promise<{ verified: true }> {
    return this.#http.write('POST', pathOf('mail', 'webhooks', id, 'verify'))
  }

  /** Sends again what did not arrive since a time. If the result has `more`, there is more to send: call it again. */
  async recover(id: string, options: { since: string | Date }): Promise<{ recovered: number; more: boolean }> {
    return this.#http.write('POST', pathOf('mail', 'webhooks', id, 'recover'), { since: options.since })
  }

  /** What was delivered to a webhook, or was to be. */
  deliveries(
    id: string,
    options: ListOptions & { status?: MailDeliveryStatus | undefined } = {},
  ): PagePromise<MailDelivery> {
    const { status, limit, cursor } = options
    return new PagePromise(async () =>
      fetchPage(this.#http, pathOf('mail', 'webhooks', id, 'deliveries'), { status, limit, cursor }),
    )
  }
}
