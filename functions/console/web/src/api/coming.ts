// Routes and fields that the generated text does not have yet, in the shape that they will have. When it has them, this
// file goes: `types.ts` is the only one that imports it.
import type { components } from './schema'

type Schemas = components['schemas']
type Answer<Body> = { headers: { [name: string]: unknown }; content: { 'application/json': Body } }
type Answers<Status extends number, Body> = { [status in Status]: Answer<Body> } & { 400: Answer<Schemas['ErrorBody']> }
type Parameters<Path, Query> = { query?: Query; header?: never; path: Path; cookie?: never }
type NoPath = { query?: never; header?: never; path?: never; cookie?: never }
type OnlyQuery<Query> = { query?: Query; header?: never; path?: never; cookie?: never }
type Id = { id: string }
type Paging = { limit?: number; cursor?: string }

type Get<P, Body> = { parameters: P; requestBody?: never; responses: Answers<200, Body> }
type Send<P, Sent, Body, Status extends number = 200> = {
  parameters: P
  requestBody: { content: { 'application/json': Sent } }
  responses: Answers<Status, Body>
}
type Act<P, Body> = { parameters: P; requestBody?: never; responses: Answers<200, Body> }

/** Who a key is. */
export type Whoami = {
  operator_id: string
  key_id: string
  role: 'viewer' | 'editor' | 'admin'
  permissions: string[]
  project_id: string | null
  email: string
  plan: string
}

export type Outcomes = { succeeded: number; failed: number; pending: number; held: number; abandoned: number }

/** Something that a person should look at. */
export type Attention = {
  kind: 'destination_unhealthy' | 'rule_paused' | 'deliveries_abandoned' | 'deliveries_held' | 'destination_unverified'
  title: string
  detail: string
  since: string | null
  destination_id: string | null
  rule_id: string | null
  count: number | null
}

export type Overview = {
  since: string
  until: string
  step_seconds: number
  complete: boolean
  buckets: (Outcomes & { at: string })[]
  totals: Outcomes
  destinations: { total: number; unverified: number; unhealthy: number }
  rules: { total: number; active: number; paused: number }
  attention: Attention[]
}

export type Attempt = Schemas['AttemptView'] & { request_headers?: { [name: string]: string } | null }
export type Delivery = Omit<Schemas['DeliveryView'], 'attempts'> & { attempts: Attempt[] }
export type DeliveryWithRequest = Delivery & { request: null | { method: string; url: string; body: string } }
export type DeliveryPage = { deliveries: Delivery[]; next_cursor: string | null }
type DeliveryQuery = Paging & {
  state?: Schemas['DeliveryState']
  destination_id?: string
  event_id?: string
  event_type?: string
  since?: string
  until?: string
}

export type MadeBy = 'stack' | 'mail' | 'providers' | 'config' | 'stack_auth'

/** A destination, whichever API made it. */
export type Destination = Omit<Schemas['DestinationView'], 'health'> & {
  health?: Schemas['HealthView'] | null
  /** As deliveries and rules name it. */
  destination_id: string
  made_by: MadeBy
  name: string | null
  description: string | null
  disabled: boolean
  project_id: string | null
  /** Of what it is a part, if it is no entry of its own: a legacy channel's address, or the account's. */
  belongs_to?: 'channel' | 'account' | null
}

/** A Stack Auth endpoint. */
export type Endpoint = {
  id: string
  url: string
  description: string | null
  event_types: string[]
  status: 'enabled' | 'disabled'
  health: Schemas['HealthView']
  created_at: string
}
export type NewEndpoint = { url: string; event_types?: string[]; description?: string }
export type EndpointChange = {
  url?: string
  event_types?: string[]
  description?: string | null
  status?: 'enabled' | 'disabled'
}
export type EndpointSecret = {
  secret: string
  previous_secret: string | null
  previous_secret_expires_at: string | null
}

type OfId = Parameters<Id, never>

/** Takes the place of what the generated text has under the same path and method. */
export interface ComingPaths {
  '/v1/whoami': { get: Get<NoPath, Whoami> }
  '/v1/overview': { get: Get<OnlyQuery<{ hours?: number }>, Overview> }
  '/v1/deliveries': { get: Get<OnlyQuery<DeliveryQuery>, DeliveryPage> }
  '/v1/deliveries/{id}': { get: Get<OfId, DeliveryWithRequest> }
  '/v1/notifications/destinations': {
    get: Get<
      OnlyQuery<Paging & { made_by?: MadeBy | 'any' }>,
      { destinations: Destination[]; next_cursor?: string | null }
    >
    post: Send<NoPath, Schemas['NewDestination'], Schemas['DestinationView'], 201>
  }
  '/v1/webhooks/endpoints': {
    get: Get<OnlyQuery<Paging>, { endpoints: Endpoint[]; next_cursor: string | null }>
    post: Send<NoPath, NewEndpoint, Endpoint & { secret: string }, 201>
  }
  '/v1/webhooks/endpoints/{id}': {
    get: Get<OfId, Endpoint>
    patch: Send<OfId, EndpointChange, Endpoint>
    delete: Act<OfId, Schemas['Deleted']>
  }
  '/v1/webhooks/endpoints/{id}/secret': { get: Get<OfId, EndpointSecret> }
  '/v1/webhooks/endpoints/{id}/rotate-secret': {
    post: Act<OfId, Endpoint & { secret: string; previous_secret_expires_at: string }>
  }
  '/v1/webhooks/endpoints/{id}/test': { post: Act<OfId, Schemas['TestResult']> }
  '/v1/webhooks/endpoints/{id}/verify': { post: Act<OfId, Schemas['Verified']> }
  '/v1/webhooks/endpoints/{id}/recover': { post: Send<OfId, Schemas['Since'], Schemas['Recovered']> }
  '/v1/webhooks/endpoints/{id}/deliveries': {
    get: Get<Parameters<Id, Paging & { status?: Schemas['DeliveryState'] }>, DeliveryPage>
  }
}
