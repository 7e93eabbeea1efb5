import { api, call } from '../../../api/client'
import { requestedWith } from '../../../api/destination-api'
import { ApiError } from '../../../api/error'
import type { Destination, Kind, NewProjectChannel, NewProvider } from '../../../api/types'
import { type Added, addedByOther, addedByStack } from './added'
import type { AddKind } from './kinds'
import { headers, lines } from './lines'

/** What was typed, by the names of the form's fields. */
export type Values = Record<string, string>

/** How long to wait before each look for the row of what was added: a list may lag behind. */
const WAITS_MS = [0, 500, 1500, 4000]

/** What the list tells of a destination that was just added; null while it does not have it. It never throws. */
export async function rowOf(id: string): Promise<Destination | null> {
  const query = { made_by: 'any' as const, limit: 100 }
  for (const wait of WAITS_MS) {
    await new Promise(resolve => setTimeout(resolve, wait))
    const listed = await call(api.GET('/v1/notifications/destinations', { params: { query } })).catch(() => null)
    const row = (listed?.destinations as Destination[] | undefined)?.find(destination => destination.id === id)
    if (row) return row
  }
  return null
}

/** The generated type of an object whose fields depend on the kind allows none. */
const open = (fields: object) => fields as Record<string, never>

/** Makes a destination by the API that has its kind. What is answered is all that it needs: a secret must not be lost. */
export function create(kind: AddKind, values: Values): Promise<Added> {
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

async function registered(channel_type: 'webhook' | 'email' | 'sms', values: Values): Promise<Added> {
  const destination = (values.destination ?? '').trim()
  const made = await call(api.POST('/v1/notifications/destinations', { body: { channel_type, destination } }))
  return addedByStack(made)
}

function ownWebhook(values: Values) {
  const own = headers(values['config.headers'] ?? '')
  return {
    url: values['config.url'] ?? '',
    ...(values['config.secret'] ? { secret: values['config.secret'] } : {}),
    ...(Object.keys(own).length > 0 ? { headers: own } : {}),
  }
}

async function provider(kind: Kind, values: Values, config: object): Promise<Added> {
  const body = { kind, name: values.name ?? '', config: open(config) } as unknown as NewProvider
  const made = await call(api.POST('/api/v1/notifications/providers', { params: { header: requestedWith }, body }))
  return addedByOther({ id: made.id, kind, name: made.name, made_by: 'providers' })
}

async function projectChannel(type: Kind, values: Values): Promise<Added> {
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
      } as unknown as NewProjectChannel,
    }),
  )
  return addedByOther({ id: made.data.id, kind: type, name: values.name ?? '', made_by: 'config', project_id: project })
}
