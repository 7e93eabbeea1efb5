// Builds the request that creates a destination from the form of its kind. Nothing here depends on a chat platform.
import type { DestinationKind, KindField } from '../../../api/types'
import { headers, lines } from './lines'

/** What was typed, by the names of the form's fields. */
export type Values = Record<string, string>

/**
 * The `channel_type` of a kind's destinations. A `signed_webhook` is a webhook of the Providers API, a `mail_webhook` one
 * of the Mail API.
 */
export const channelType = (kind: string): string => (/^(signed|mail)_webhook$/.test(kind) ? 'webhook' : kind)

/** The values that a form starts with. `projectId` is the project of the key, if it has one. */
export function initialValues({ fields }: DestinationKind, projectId: string | null): Values {
  const initial: Partial<Record<KindField['type'], string>> = { threshold: 'high', project: projectId ?? '' }
  return Object.fromEntries(fields.map(({ name, type }) => [name, initial[type] ?? '']))
}

/** The value of the form's field of this type, trimmed; '' if the form has no such field. */
export function fieldValue({ fields }: DestinationKind, values: Values, type: KindField['type']): string {
  const field = fields.find(field => field.type === type)
  return field ? (values[field.name] ?? '').trim() : ''
}

/**
 * The fields of the request's body: `config.webhookUrl` becomes `webhookUrl` in `config`. Empty optional fields are
 * left out. The project is left out too, because the API reads it from a header.
 */
export function bodyOf({ fields }: DestinationKind, values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const field of fields) {
    const text = values[field.name] ?? ''
    if (field.type === 'project' || (!field.required && text.trim() === '')) continue
    set(body, field.name.split('.'), parse(field, text))
  }
  return body
}

function parse({ name, type }: KindField, text: string): unknown {
  if (type === 'event_types') return lines(text)
  if (type === 'lines') return name.split('.').at(-1) === 'headers' ? headers(text) : lines(text)
  // White space may be part of a secret.
  return type === 'password' ? text : text.trim()
}

function set(object: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    object[name] = value
    return
  }
  object[name] ??= {}
  set(object[name] as Record<string, unknown>, rest, value)
}
