import { api, call } from '../../../api/client'
import { requestedWith } from '../../../api/destination-api'
import { ApiError } from '../../../api/error'
import type { Destination, DestinationKind, Kind } from '../../../api/types'
import { type Added, addedByOther, addedByStack } from './added'
import { bodyOf, channelType, fieldValue, type Values } from './request'

/** Delays before each attempt to find a new destination in the list, which may lag behind. */
const DELAYS_MS = [0, 500, 1500, 4000]

/** Finds a new destination in the list. Returns null if it is still missing after the last attempt; never throws. */
export async function findAdded(id: string): Promise<Destination | null> {
  const query = { made_by: 'any' as const, limit: 100 }
  for (const delay of DELAYS_MS) {
    await new Promise(resolve => setTimeout(resolve, delay))
    const listed = await call(api.GET('/v1/notifications/destinations', { params: { query } })).catch(() => null)
    const row = (listed?.destinations as Destination[] | undefined)?.find(destination => destination.id === id)
    if (row) return row
  }
  return null
}

/**
 * Creates a destination with the API of its kind. The result is complete without another request, so that a secret is
 * not lost if that request fails.
 */
export function create(form: DestinationKind, values: Values): Promise<Added> {
  switch (form.api) {
    case 'stack':
      return createDestination(form, values)
    case 'providers':
      return createProvider(form, values)
    case 'config':
      return createProjectChannel(form, values)
    case 'mail':
      return createMailWebhook(form, values)
    default:
      return Promise.reject(new ApiError(0, null, `The console cannot create this kind with the API ${form.api}.`))
  }
}

async function createDestination(form: DestinationKind, values: Values): Promise<Added> {
  const body = { channel_type: channelType(form.kind), ...bodyOf(form, values) }
  // The generated types of these bodies cannot express fields that depend on the kind.
  return addedByStack(await call(api.POST('/v1/notifications/destinations', { body: body as never })))
}

async function createProvider(form: DestinationKind, values: Values): Promise<Added> {
  const kind = channelType(form.kind) as Kind
  const body = { kind, ...bodyOf(form, values) }
  const params = { header: requestedWith }
  const { id, name } = await call(api.POST('/api/v1/notifications/providers', { params, body: body as never }))
  return addedByOther({ id, kind, name, made_by: 'providers' })
}

async function createProjectChannel(form: DestinationKind, values: Values): Promise<Added> {
  const project = fieldValue(form, values, 'project')
  // The API's own message names a header, which people do not see in the form.
  const field = form.fields.find(({ type }) => type === 'project')?.name ?? 'X-Project-Id'
  if (!project) throw new ApiError(400, null, 'Enter the project id.', [{ field, message: 'is missing' }])
  const kind = channelType(form.kind) as Kind
  const body = { type: kind, ...bodyOf(form, values) }
  const params = { header: { 'X-Project-Id': project } }
  const { data } = await call(api.POST('/v1/config/notifications', { params, body: body as never }))
  return addedByOther({ id: data.id, kind, name: (values.name ?? '').trim(), made_by: 'config', project_id: project })
}

async function createMailWebhook(form: DestinationKind, values: Values): Promise<Added> {
  const { id, url, secret } = await call(api.POST('/mail/webhooks', { body: bodyOf(form, values) as never }))
  const { destination } = addedByOther({ id, kind: 'webhook', name: null, made_by: 'mail' })
  return { destination: { ...destination, destination: url }, secret }
}
