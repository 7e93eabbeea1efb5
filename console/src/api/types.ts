// The names that the console uses for the types of the API.
import type { components, paths } from './schema'

export type Paths = paths

type Schemas = components['schemas']

export type Whoami = Schemas['WhoAmI']
export type ApiKeyView = Schemas['KeyView']
export type AuditEntry = Schemas['AuditEntry']
export type Overview = Schemas['Overview']
export type Attention = Schemas['AttentionView']
export type Outcomes = Schemas['Tally']
export type Attempt = Schemas['AttemptView']
export type Delivery = Schemas['DeliveryView']
/** A header of a request or an answer. */
export type Header = Schemas['HeaderView']
export type SearchResult = Schemas['SearchResult']
/** The answer to a test, also to one that failed. */
export type TestResult = Schemas['TestResult']
export type DeliveryPage = Schemas['DeliveryPage']
/** What one request of a resend has done. */
export type Resent = Schemas['Resent']
export type DeliveryWithRequest = Schemas['DeliveryDetail']
export type MadeBy = Schemas['ApiKind']
type Origin = Schemas['Origin']
/** A destination of any API. The fields of `Origin` are set because the console lists with `made_by=any`. */
export type Destination = Schemas['DestinationView'] &
  Origin &
  Required<Pick<Origin, 'destination_id' | 'made_by' | 'disabled'>>
export type Endpoint = Schemas['Endpoint']
export type EndpointChange = Schemas['EndpointChange']
export type EndpointSecret = Schemas['EndpointSecret']
export type DeliveryState = Schemas['DeliveryState']
/** Figures about the traffic to a destination. */
export type Stats = Schemas['Stats']
export type Health = Schemas['HealthView']
export type Kind = Schemas['Kind']
/** A kind of destination with its form. */
export type DestinationKind = Schemas['DestinationKind']
export type KindField = Schemas['FormField']
export type Event = Schemas['EventView']
/** An event whose data is the JSON text that was posted. */
export type EventAsPosted = Omit<Event, 'data'> & { data: string }
export type EventType = Schemas['EventTypeView']
export type PostedEvent = Schemas['PostedEvent']
export type Message = Schemas['MessageView']
export type Mail = Schemas['MailView']
export type Sms = Schemas['SmsView']
export type Preview = Schemas['Preview']
export type PreviewedDestination = Schemas['Outcome']
export type OnUnhealthy = Schemas['OnUnhealthy']
export type Rule = Schemas['RuleView']
export type NewRule = Schemas['NewRule']
export type RuleChange = Schemas['RuleChange']
/** A step of a mail's timeline. Its metadata is the JSON text that the API sent. */
export type TimelineItem = Omit<Schemas['TimelineItem'], 'metadata'> & { metadata?: string }
/** The severities of the STACK API, which it shows and filters by. */
export const STACK_SEVERITIES = ['info', 'warning', 'critical'] as const
export const STATES: readonly DeliveryState[] = ['succeeded', 'failed', 'pending', 'held', 'abandoned']
