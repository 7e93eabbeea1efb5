import type { AnyMailEventType } from './event-types.js'

/** An event. All times are ISO 8601 strings. */
export interface MailEvent {
  /** `evt_…`. The same in every delivery of the event: use it to process each event once. */
  id: string
  type: AnyMailEventType
  severity: 'info' | 'low' | 'medium' | 'high' | 'critical'
  createdAt: string
  timestamp: string
  /** The resource that the event is about. */
  resource: { type: string; id: string } | null
  messageId: string | null
  projectId: string | null
  data: Record<string, unknown>
}

/** The parsed body of a webhook. Verify the signature before parsing it. */
export interface MailWebhookEvent {
  /** `evt_…`. The same in every delivery of the event: use it to process each event once. */
  id: string
  type: AnyMailEventType
  createdAt: string
  data: Record<string, unknown>
}

/** A step in the timeline of a message. */
export interface TimelineItem {
  type: AnyMailEventType
  /** A name for people, for example in a list. */
  label: string
  createdAt: string
  metadata?: Record<string, unknown>
}

/** The timeline of a message. */
export interface MailTimeline {
  messageId: string
  items: TimelineItem[]
}

/** The health of an endpoint, and how deliveries are sent to it. */
export interface MailWebhookHealth {
  /** Unhealthy after repeated failures; `reason` says why. */
  status: 'healthy' | 'unhealthy'
  since: string | null
  reason: string | null
  /** The time to recover missed deliveries from: when the event was accepted whose delivery made it unhealthy. */
  missedSince: string | null
  /** Open while the endpoint does not answer: deliveries wait until `until`; then one is attempted (half open). */
  breaker: { state: 'closed' | 'open' | 'half_open'; until: string | null }
  /** Whether it answers slowly: its deliveries use a separate queue. */
  slow: boolean
  /** The limit of deliveries per second and its source; `null` without a limit. */
  pace: { rate: number; source: 'operator' | 'receiver' } | null
}

/** One of your endpoints, with its subscription to events. */
export interface MailWebhook {
  /** `whk_…` */
  id: string
  url: string
  description: string | null
  eventTypes: AnyMailEventType[]
  status: 'enabled' | 'disabled'
  health: MailWebhookHealth
  createdAt: string
  /** The maximum number of deliveries per second; `null` without a limit. */
  maxPerSecond: number | null
}

/** A new webhook. */
export interface MailWebhookWithSecret extends MailWebhook {
  /** `whsec_…`. Store it now: only create and rotate return it. */
  secret: string
}

/** A webhook with a new secret. */
export interface RotatedMailWebhook extends MailWebhookWithSecret {
  /** Until then, deliveries are signed with both secrets. */
  previousSecretExpiresAt: string
}

/** `failed` deliveries are retried automatically; `abandoned` and `held` ones only with `retry` or `recover`. */
export type MailDeliveryStatus = 'pending' | 'succeeded' | 'failed' | 'abandoned' | 'held'

/** The delivery of an event to a webhook. */
export interface MailDelivery {
  /** `dlv_…` */
  id: string
  webhookId: string
  eventId: string
  eventType: AnyMailEventType
  status: MailDeliveryStatus
  /** Why the delivery has this status, if there is a special reason. */
  reason: string | null
  attemptCount: number
  nextAttemptAt: string | null
  createdAt: string
}

/** One attempt of a delivery. */
export interface MailDeliveryAttempt {
  number: number
  startedAt: string
  durationMs: number
  /** The status of your endpoint's answer; `null` without an answer. */
  statusCode: number | null
  error: string | null
  /** The beginning of your endpoint's answer. */
  response: string | null
}

/** A delivery with all its attempts. */
export interface MailDeliveryDetail extends MailDelivery {
  attempts: MailDeliveryAttempt[]
}

/** An address that gets no more mail. */
export interface MailSuppression {
  email: string
  reason: 'bounce' | 'complaint'
  /** The message of the receiving server or the mail service. */
  detail: string
  createdAt: string
  deliveryId: string | null
  messageId: string | null
}

/** The part of a list to get. */
export interface ListOptions {
  /** The maximum number of items on a page. */
  limit?: number | undefined
  /** The `nextCursor` of the previous page. */
  cursor?: string | undefined
}
