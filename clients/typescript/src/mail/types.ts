import type { AnyMailEventType } from './event-types.js'

/** Something that happened. Times here and elsewhere are ISO 8601 strings. */
export interface MailEvent {
  /** `evt_…`. The same in every delivery of the event, so use it to process each event once. */
  id: string
  type: AnyMailEventType
  severity: 'info' | 'low' | 'medium' | 'high' | 'critical'
  createdAt: string
  timestamp: string
  /** What it happened to. */
  resource: { type: string; id: string } | null
  messageId: string | null
  projectId: string | null
  data: Record<string, unknown>
}

/** The body of a webhook, once its signature has been verified and it has been parsed. */
export interface MailWebhookEvent {
  /** `evt_…`. The same whenever the event is delivered again, so use it to process each event once. */
  id: string
  type: AnyMailEventType
  createdAt: string
  data: Record<string, unknown>
}

/** A step in the life of a message. */
export interface TimelineItem {
  type: AnyMailEventType
  /** For people, for example in a list. */
  label: string
  createdAt: string
  metadata?: Record<string, unknown>
}

/** The life of a message, step by step. */
export interface MailTimeline {
  messageId: string
  items: TimelineItem[]
}

/** How an endpoint is, and how deliveries go out to it. */
export interface MailWebhookHealth {
  /** Unhealthy once deliveries keep failing; `reason` says why. */
  status: 'healthy' | 'unhealthy'
  since: string | null
  reason: string | null
  /** Since when to recover what it has missed: when the event was accepted whose delivery made it unhealthy. */
  missedSince: string | null
  /** Open while the endpoint does not answer: deliveries wait `until` then, and one tries again (half open). */
  breaker: { state: 'closed' | 'open' | 'half_open'; until: string | null }
  /** Whether it answers slowly: its deliveries use a separate queue. */
  slow: boolean
  /** Deliveries per second, where they are limited, and who asked for it; `null` if they are not. */
  pace: { rate: number; source: 'operator' | 'receiver' } | null
}

/** An endpoint of yours that events are delivered to. */
export interface MailWebhook {
  /** `whk_…` */
  id: string
  url: string
  description: string | null
  eventTypes: AnyMailEventType[]
  status: 'enabled' | 'disabled'
  health: MailWebhookHealth
  createdAt: string
  /** The most deliveries per second; `null` without a limit. */
  maxPerSecond: number | null
}

/** A webhook just created. */
export interface MailWebhookWithSecret extends MailWebhook {
  /** `whsec_…`. Store it now: it is returned on create and rotate only. */
  secret: string
}

/** A webhook whose secret has just been rotated. */
export interface RotatedMailWebhook extends MailWebhookWithSecret {
  /** Until then deliveries are signed with both secrets. */
  previousSecretExpiresAt: string
}

/** `failed` will be tried again by itself; `abandoned` and `held` will not, unless they are retried or recovered. */
export type MailDeliveryStatus = 'pending' | 'succeeded' | 'failed' | 'abandoned' | 'held'

/** An event on its way to a webhook. */
export interface MailDelivery {
  /** `dlv_…` */
  id: string
  webhookId: string
  eventId: string
  eventType: AnyMailEventType
  status: MailDeliveryStatus
  /** Why it is not `succeeded`, where there is more to say. */
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
  /** What your endpoint answered; `null` if it did not. */
  statusCode: number | null
  error: string | null
  /** The beginning of what your endpoint answered. */
  response: string | null
}

/** A delivery with all its attempts. */
export interface MailDeliveryDetail extends MailDelivery {
  attempts: MailDeliveryAttempt[]
}

/** An address that is not mailed any more. */
export interface MailSuppression {
  email: string
  reason: 'bounce' | 'complaint'
  /** What the receiving server or the mail service said. */
  detail: string
  createdAt: string
  deliveryId: string | null
  messageId: string | null
}

/** Which part of a list to get. */
export interface ListOptions {
  /** At most so many items a page. */
  limit?: number | undefined
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined
}
