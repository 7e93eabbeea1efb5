// The two examples of the reference, unmodified except for the import path.
// biome-ignore-all format: as in the reference
// biome-ignore-all lint/style/noNonNullAssertion: as in the reference
import type { StackNotifications } from '@stack-notifications/client'
import { verifyWebhookSignature } from '@stack-notifications/client'

export async function createExample(stackshift: StackNotifications): Promise<void> {
  const webhook = await stackshift.mail.webhooks.create({
    url: 'https://example.com/webhooks/stackshift-mail',
    description: 'Production mail lifecycle events',
    eventTypes: [
      'mail.message.sent',
      'mail.message.bounced',
      'mail.otp.verified',
    ],
  })
  // Store webhook.secret now. It is only returned on create or rotate.
  console.log(webhook.id, webhook.secret)
}

export function verifyExample(request: Request, rawBody: string | Uint8Array | ArrayBuffer): void {
  const valid = verifyWebhookSignature({
    rawBody,
    signatureHeader: request.headers.get('StackShift-Signature'),
    timestampHeader: request.headers.get('StackShift-Timestamp'),
    secret: process.env.STACKSHIFT_MAIL_WEBHOOK_SECRET!,
    toleranceSeconds: 300,
  })
  if (!valid) throw new Error('Invalid StackShift Mail webhook signature')
}
