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

/** The fields of a new webhook. */
export interface CreateWebhook {
  url: string
  description?: string | undefined
  /** Only types of this version, so that a typo does not compile. */
  eventTypes: readonly MailEventType[]
  /** The maximum number of deliveries per second, 0.001 to 1000. */
  maxPerSecond?: number | undefined
}

/** The changes to a webhook. Omitted fields stay unchanged. */
export interface UpdateWebhook {
  url?: string | undefined
  /** `null` removes it. */
  description?: string | null | undefined
  /** Replaces all types of the subscription. Allows newer types, so that the types of a webhook can be sent back. */
  eventTypes?: readonly AnyMailEventType[] | undefined
  status?: MailWebhook['status'] | undefined
  /** The maximum number of deliveries per second, 0.001 to 1000; `null` removes the limit. */
  maxPerSecond?: number | null | undefined
}

/** Your endpoints. */
export class Webhooks {
  readonly #http: HttpClient

  /** @internal */
  constructor(http: HttpClient) {
    this.#http = http
  }

  /** Subscribes an endpoint to events. Store the `secret` of the result: it is not returned again. */
  async create(webhook: CreateWebhook): Promise<MailWebhookWithSecret> {
    return this.#http.write('POST', pathOf('mail', 'webhooks'), webhook)
  }

  /** Your webhooks, newest first. */
  list(options: ListOptions = {}): PagePromise<MailWebhook> {
    const { limit, cursor } = options
    return new PagePromise(() => fetchPage(this.#http, pathOf('mail', 'webhooks'), { limit, cursor }))
  }

  /** A webhook. */
  async get(id: string): Promise<MailWebhook> {
    return this.#http.get(pathOf('mail', 'webhooks', id))
  }

  /** Changes only the fields in `changes`. */
  async update(id: string, changes: UpdateWebhook): Promise<MailWebhook> {
    return this.#http.write('PATCH', pathOf('mail', 'webhooks', id), changes)
  }

  /** Stops deliveries to a webhook, which an update can enable again. */
  async disable(id: string): Promise<MailWebhook> {
    return this.update(id, { status: 'disabled' })
  }

  /** Deletes a webhook permanently. */
  async delete(id: string): Promise<{ deleted: true }> {
    return this.#http.write('DELETE', pathOf('mail', 'webhooks', id))
  }

  /** Creates a new secret. Until `previousSecretExpiresAt`, deliveries are also signed with the previous one. */
  async rotateSecret(id: string): Promise<RotatedMailWebhook> {
    return this.#http.write('POST', pathOf('mail', 'webhooks', id, 'rotate-secret'))
  }

  /** Sends the endpoint a signed request. After a 2xx, the webhook is healthy again. */
  async verify(id: string): Promise<{ verified: true }> {
    return this.#http.write('POST', pathOf('mail', 'webhooks', id, 'verify'))
  }

  /** Sends missed deliveries since a time again. If the result has `more: true`, call it again. */
  async recover(id: string, options: { since: string | Date }): Promise<{ recovered: number; more: boolean }> {
    return this.#http.write('POST', pathOf('mail', 'webhooks', id, 'recover'), { since: options.since })
  }

  /** The deliveries to a webhook. */
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
