import type { Destination, Endpoint, EventType } from '../../api/types'

/** An endpoint as the destination that it is, for what is done to all of them alike. */
export const asDestination = (endpoint: Endpoint): Destination => ({
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
  made_by: 'stack_auth',
  project_id: null,
  created_at: endpoint.created_at,
})

/** The types that an endpoint gets unless others are chosen: those of users and teams. */
export const isStackAuth = ({ type }: Pick<EventType, 'type'>): boolean =>
  /^(user|team|team_membership|team_permission)\./.test(type)
