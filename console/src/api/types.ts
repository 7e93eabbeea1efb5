// The names that pages use for what the API speaks of.
import type { DestinationKindsPath } from './destination-kinds-schema'
import type { components, paths } from './schema'

/** Every route, by its path. */
export type Paths = paths & DestinationKindsPath

export type { DestinationKind, KindField } from './destination-kinds-schema'

type Schemas = components['schemas']

export type Whoami = Schemas['WhoAmI']
export type Overview = Schemas['Overview']
export type Attention = Schemas['AttentionView']
export type Outcomes = Schemas['Tally']
export type Attempt = Schemas['AttemptView']
export type Delivery = Schemas['DeliveryView']
export type DeliveryPage = Schemas['DeliveryPage']
export type DeliveryWithRequest = Schemas['DeliveryDetail']
export type MadeBy = Schemas['ApiKind']
type Origin = Schemas['Origin']
/** A destination, whichever API made it: the console asks for all, and so is told where each comes from. */
export type Destination = Schemas['DestinationView'] &
  Origin &
  Required<Pick<Origin, 'destination_id' | 'made_by' | 'disabled'>>
export type Endpoint = Schemas['Endpoint']
export type NewEndpoint = Schemas['NewEndpoint']
export type EndpointChange = Schemas['EndpointChange']
export type EndpointSecret = Schemas['EndpointSecret']
export type DeliveryState = Schemas['DeliveryState']
export type Health = Schemas['HealthView']
export type Kind = Schemas['Kind']
export type Event = Schemas['EventView']
/** An event with its data as the JSON text that was posted. */
export type EventAsPosted = Omit<Event, 'data'> & { data: string }
export type EventType = Schemas['EventTypeView']
export type NewDestination = Schemas['NewDestination']
export type NewProvider = Schemas['NewProvider']
export type NewProjectChannel = Schemas['NewProjectChannel']
export type PostedEvent = Schemas['PostedEvent']
export type Preview = Schemas['Preview']
export type PreviewedDestination = Schemas['Outcome']
export type OnUnhealthy = Schemas['OnUnhealthy']
export type Rule = Schemas['RuleView']
export type NewRule = Schemas['NewRule']
export type RuleChange = Schemas['RuleChange']
/** A step of a mail's life, with its metadata as the JSON text that the API sent. */
export type TimelineItem = Omit<Schemas['TimelineItem'], 'metadata'> & { metadata?: string }
/** From least to most serious; `medium` and `warning` are the same rank. */
export const SEVERITIES = ['info', 'low', 'medium', 'warning', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]
export const STATES: readonly DeliveryState[] = ['succeeded', 'failed', 'pending', 'held', 'abandoned']
