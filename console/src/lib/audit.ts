/** What the audit log calls the kinds of things that are changed, with a name for people. */
export const AUDITED = [
  { value: '', label: 'Anything' },
  { value: 'destination.', label: 'Destinations' },
  { value: 'rule.', label: 'Rules' },
  { value: 'endpoint.', label: 'Webhook endpoints' },
  { value: 'provider.', label: 'Providers' },
  { value: 'project_channel.', label: 'Project channels' },
  { value: 'mail_webhook.', label: 'Mail webhooks' },
  { value: 'suppression.', label: 'Suppressions' },
  { value: 'delivery.', label: 'Deliveries' },
  { value: 'key.', label: 'Keys' },
  { value: 'portal_link.', label: 'Portal links' },
  { value: 'operator.', label: 'The account' },
] as const

export const AUDIT_FILTERS = ['action', 'key', 'resource', 'hours', 'since', 'until'] as const

/** `destination.secret_rotated` as "Destination: secret rotated". */
export function actionTitle(action: string): string {
  const [noun = '', verb = ''] = action.replaceAll('_', ' ').split('.')
  return `${noun.charAt(0).toUpperCase()}${noun.slice(1)}: ${verb}`
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

type Change = { field: string; old?: unknown; new?: unknown }

/** A changed field as a line: `enabled: false → true`. Values that may be secret are not in the log. */
export function changeLine({ field, old, new: value }: Change): string {
  if (value === null || value === undefined) return field
  return old === null || old === undefined ? `${field}: ${text(value)}` : `${field}: ${text(old)} → ${text(value)}`
}
