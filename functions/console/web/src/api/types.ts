// The names that pages use for what the API speaks of.
import type { ComingPaths } from './coming'
import type { components, paths } from './schema'

/** Every route, by its path. */
export type Paths = Omit<paths, keyof ComingPaths> & ComingPaths

type Schemas = components['schemas']

export type {
  Attempt,
  Attention,
  Delivery,
  DeliveryPage,
  DeliveryWithRequest,
  Destination,
  Endpoint,
  EndpointChange,
  EndpointSecret,
  MadeBy,
  NewEndpoint,
  Outcomes,
  Overview,
  Whoami,
} from './coming'

export type DeliveryState = Schemas['DeliveryState']
export type Health = Schemas['HealthView']
export type Kind = Schemas['Kind']
export type Event = Schemas['EventView']
export type EventType = Schemas['EventTypeView']
export type NewDestination = Schemas['NewDestination']
export type PostedEvent = Schemas['PostedEvent']
export type NewPreview = Schemas['PreviewOf']
export type Preview = Schemas['Preview']
export type PreviewedDestination = Schemas['Outcome']
export type OnUnhealthy = Schemas['OnUnhealthy']
export type Rule = Schemas['RuleView']
export type NewRule = Schemas['NewRule']
export type RuleChange = Schemas['RuleChange']
export type TimelineItem = Schemas['TimelineItem']
/** From least to most serious; `medium` and `warning` are the same rank. */
export const SEVERITIES = ['info', 'low', 'medium', 'warning', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]
export const STATES: readonly DeliveryState[] = ['succeeded', 'failed', 'pending', 'held', 'abandoned']
