// The forms that edit destinations. They are derived from the forms that add them, so that new kinds need nothing here.
import type { Destination, DestinationKind, KindField } from '../../../api/types'
import { headers, lines } from '../add/lines'
import type { Values } from '../add/request'

/** What the API shows in place of a secret. */
export const HIDDEN = '••••••••'

/** The stored values of a destination, by the names of the form's fields. */
export type Stored = Record<string, unknown>

const field = (name: string, label: string, type: KindField['type'], required = true): KindField => ({
  name,
  label,
  type,
  required,
  placeholder: null,
  hint: null,
})

const threshold = field('severityThreshold', 'Minimum severity of analyses', 'threshold')

/** The fields of project channels that are no chats. The console does not add such channels. */
const ofProject: Record<string, KindField[]> = {
  webhook: [
    field('credentials.url', 'URL', 'url'),
    { ...field('credentials.authHeader', 'Authorization header', 'password', false), placeholder: 'Bearer …' },
    field('credentials.hmacSecret', 'Secret', 'password', false),
  ],
  ops_email: [{ ...field('credentials.recipients', 'Recipients', 'lines'), hint: 'One address per line.' }],
}

/** The fields that edit a destination of the Notifications, the Providers or the Config API; null without its form. */
export function editFields(
  { made_by, channel_type }: Pick<Destination, 'made_by' | 'channel_type'>,
  kinds: readonly DestinationKind[],
): KindField[] | null {
  if (made_by === 'config') {
    const own = ofProject[channel_type] ?? chatUrl(channel_type, kinds, 'credentials.webhookUrl')
    return own && [field('name', 'Name', 'text'), ...own, threshold]
  }
  const name = made_by === 'providers' && channel_type === 'webhook' ? 'signed_webhook' : channel_type
  const form = kinds.find(({ kind }) => kind === name)
  if (made_by === 'stack' || form?.api === 'providers') return form?.fields ?? null
  const url = chatUrl(channel_type, kinds, 'config.webhookUrl')
  return url && [field('name', 'Name', 'text'), ...url]
}

/** The field for the URL of a chat, with the name that another API gives it. */
function chatUrl(kind: string, kinds: readonly DestinationKind[], name: string): KindField[] | null {
  const url = kinds.find(one => one.kind === kind)?.fields.find(({ type }) => type === 'url')
  return url ? [{ ...url, name }] : null
}

/** Whether a field has a stored value that the API does not show. An empty field keeps it. */
export const isHidden = (name: string, stored: Stored): boolean => stored[name] === HIDDEN

/** The text with which each field starts. */
export function startValues(fields: readonly KindField[], stored: Stored): Values {
  return Object.fromEntries(fields.map(({ name }) => [name, isHidden(name, stored) ? '' : asText(stored[name])]))
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.join('\n')
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, text]) => `${name}: ${text}`)
      .join('\n')
  }
  return value === null || value === undefined ? '' : String(value)
}

/**
 * Only the changed fields, so that changes that others made in the meantime stay. `config.url` becomes `url` in
 * `config`. Null removes an optional value.
 */
export function changedBody(fields: readonly KindField[], before: Values, after: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const field of changedFields(fields, before, after)) {
    const [start = '', text = ''] = [before[field.name], after[field.name]]
    set(body, field.name.split('.'), parsed(field, start, text))
  }
  return body
}

const changedFields = (fields: readonly KindField[], before: Values, after: Values) =>
  fields.filter(({ name }) => (before[name] ?? '').trim() !== (after[name] ?? '').trim())

/** Whether a change is to the address, which has to be verified or tested again. */
export function changesAddress(fields: readonly KindField[], before: Values, after: Values): boolean {
  const isAddress = ({ name, type }: KindField) =>
    type === 'url' || type === 'tel' || name === 'destination' || (type === 'lines' && !isHeaders(name))
  return changedFields(fields, before, after).some(isAddress)
}

const isHeaders = (name: string) => name.split('.').at(-1) === 'headers'

function parsed({ name, type, required }: KindField, before: string, text: string): unknown {
  if (isHeaders(name)) {
    const removed = Object.keys(headers(before)).filter(header => !(header in headers(text)))
    return { ...headers(text), ...Object.fromEntries(removed.map(header => [header, null])) }
  }
  if (type === 'lines') return lines(text)
  // White space may be part of a secret.
  if (type === 'password') return text
  return text.trim() === '' && !required ? null : text.trim()
}

function set(object: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    object[name] = value
    return
  }
  object[name] ??= {}
  set(object[name] as Record<string, unknown>, rest, value)
}
