// Checked by the compiler only: code that must compile, and code that must not.
import type { MailEventType, MailWebhook, MailWebhookEvent, StackNotifications } from '@stack-notifications/client'

export async function types(stackshift: StackNotifications, webhook: MailWebhook, event: MailWebhookEvent) {
  const { webhooks, events } = stackshift.mail

  // Types that were read can be sent back, even if they are newer than this version.
  await webhooks.update(webhook.id, { eventTypes: webhook.eventTypes })
  await events.list({ type: event.type })
  const eventTypes: readonly MailEventType[] = ['mail.domain.failed']
  await webhooks.create({ url: 'https://example.com', eventTypes })

  // @ts-expect-error: a typo
  await webhooks.create({ url: 'https://example.com', eventTypes: ['mail.mesage.sent'] })
  // @ts-expect-error: not a status
  await webhooks.update(webhook.id, { status: 'paused' })
  // @ts-expect-error: a webhook that is read has no secret
  webhook.secret
  // @ts-expect-error: a page is iterated over with await
  for (const _ of await events.list());

  const page: { items: { id: string }[]; nextCursor: string | null } = await events.list()
  for await (const one of events.list()) one.resource?.id.toUpperCase()
  for await (const one of await events.list()) one.data.key
  return page
}
