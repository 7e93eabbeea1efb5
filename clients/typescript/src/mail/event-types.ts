/** All event types of this version. */
export const mailEventTypes = [
  'mail.message.queued',
  'mail.message.sending',
  'mail.message.sent',
  'mail.message.deferred',
  'mail.message.failed',
  'mail.message.bounced',
  'mail.message.suppressed',
  'mail.suppression.created',
  'mail.suppression.deleted',
  'mail.otp.created',
  'mail.otp.sent',
  'mail.otp.verified',
  'mail.otp.failed_attempt',
  'mail.otp.failed',
  'mail.otp.expired',
  'mail.otp.canceled',
  'mail.template.created',
  'mail.template.updated',
  'mail.template.deleted',
  'mail.template.version.created',
  'mail.template.test_sent',
  'mail.domain.created',
  'mail.domain.verified',
  'mail.domain.failed',
  'mail.domain.deleted',
  'mail.webhook.created',
  'mail.webhook.updated',
  'mail.webhook.disabled',
  'mail.webhook.delivery.succeeded',
  'mail.webhook.delivery.failed',
] as const

/** An event type of this version. */
export type MailEventType = (typeof mailEventTypes)[number]

/** An event type as it arrives, which may be newer than this version. Editors still suggest those of this version. */
export type AnyMailEventType = MailEventType | (string & {})
