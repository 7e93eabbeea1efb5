import { api, call } from '../../../api/client'
import { ApiError } from '../../../api/error'
import type { Destination } from '../../../api/types'
import { fromScript } from '../../../api/upkeep'
import type { AddKind } from './kinds'
import { headers, lines } from './lines'

/** What was typed, by the names of the form's fields. */
export type Values = Record<string, string>
type Made = { id: string; secret: string | null }
export type Added = { destination: Destination; secret: string | null }

/** Makes a destination by the API that has its kind. */
export async function create(kind: AddKind, values: Values): Promise<Added> {
  const made = await make(kind, values)
  const query = { made_by: 'any' as const, limit: 100 }
  const { destinations } = await call(api.GET('/v1/notifications/destinations', { params: { query } }))
  const destination = destinations.find(({ id }) => id === made.id)
  if (!destination) throw new ApiError(0, null, 'It was added, but is not in the list yet. Load the page again.')
  return { destination, secret: made.secret }
}

/** The generated type of an object whose fields depend on the kind allows none. */
const open = (fields: object) => fields as Record<string, never>

function make(kind: AddKind, values: Values): Promise<Made> {
  switch (kind) {
    case 'webhook':
    case 'email':
    case 'sms':
      return registered(kind, values)
    case 'slack':
    case 'teams':
      return provider(kind, values, { webhookUrl: values['config.webhookUrl'] ?? '' })
    case 'signed_webhook':
      return provider('webhook', values, ownWebhook(values))
    case 'ops_email':
      return provider(kind, values, {
        fromEmail: values['config.fromEmail'] ?? '',
        toEmails: lines(values['config.toEmails'] ?? ''),
      })
    case 'discord':
    case 'google_chat':
      return projectChannel(kind, values)
  }
}

async function registered(channel_type: 'webhook' | 'email' | 'sms', values: Values): Promise<Made> {
  const destination = (values.destination ?? '').trim()
  const made = await call(api.POST('/v1/notifications/destinations', { body: { channel_type, destination } }))
  return { id: made.id, secret: made.webhook_secret ?? null }
}

function ownWebhook(values: Values) {
  const own = headers(values['config.headers'] ?? '')
  return {
    url: values['config.url'] ?? '',
    ...(values['config.secret'] ? { secret: values['config.secret'] } : {}),
    ...(Object.keys(own).length > 0 ? { headers: own } : {}),
  }
}

async function provider(kind: string, values: Values, config: object): Promise<Made> {
  const body = { kind, name: values.name ?? '', config: open(config) }
  const made = await call(api.POST('/api/v1/notifications/providers', { params: { header: fromScript }, body }))
  return { id: made.id, secret: null }
}

async function projectChannel(type: string, values: Values): Promise<Made> {
  const project = (values['X-Project-Id'] ?? '').trim()
  // The server's own sentence speaks of a header, which people do not see.
  if (!project) throw new ApiError(400, null, 'Name the project.', [{ field: 'X-Project-Id', message: 'is missing' }])
  const made = await call(
    api.POST('/v1/config/notifications', {
      params: { header: { 'X-Project-Id': project } },
      body: {
        type,
        name: values.name ?? '',
        credentials: open({ webhookUrl: values['credentials.webhookUrl'] ?? '' }),
        severityThreshold: values.severityThreshold ?? 'high',
      },
    }),
  )
  return { id: made.data.id, secret: null }
}
