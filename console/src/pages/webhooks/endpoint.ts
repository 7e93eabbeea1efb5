import type { Destination, Endpoint, EndpointChange, EventType } from '../../api/types'

/**
 * An endpoint as a destination, for the components that all destinations share. `listed` is its row in the list of
 * destinations, if that is loaded.
 */
export const asDestination = (endpoint: Endpoint, listed?: Destination): Destination => ({
  ...listed,
  id: endpoint.id,
  destination_id: endpoint.id,
  operator_id: '',
  channel_type: 'webhook',
  destination: endpoint.url,
  name: null,
  description: endpoint.description,
  verified: true,
  disabled: endpoint.status === 'disabled',
  health: endpoint.health,
  max_per_second: endpoint.max_per_second ?? null,
  made_by: 'stack_auth',
  project_id: null,
  created_at: endpoint.created_at,
})

/** Whether a type belongs to the default types of an endpoint: those of users and teams. */
export const isStackAuth = ({ type }: Pick<EventType, 'type'>): boolean =>
  /^(user|team|team_membership|team_permission)\./.test(type)

/** The values of the form for an endpoint. */
export type Fields = {
  url: string
  description: string
  /** Null for the default types. */
  types: string[] | null
}

/** The values for an existing endpoint. */
export const fieldsOf = (endpoint: Endpoint): Fields => ({
  url: endpoint.url,
  description: endpoint.description ?? '',
  types: endpoint.event_types,
})

/** Whether two lists have the same event types, in any order. */
export const sameTypes = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every(type => other.includes(type))

/** Only the changed fields, so that changes that others made in the meantime stay. */
export function endpointChange(before: Fields, after: Fields): EndpointChange {
  const [url, description] = [after.url.trim(), after.description.trim()]
  return {
    ...(url === before.url.trim() ? {} : { url }),
    ...(description === before.description.trim() ? {} : { description: description || null }),
    ...(sameTypes(before.types ?? [], after.types ?? []) ? {} : { event_types: after.types ?? [] }),
  }
}
