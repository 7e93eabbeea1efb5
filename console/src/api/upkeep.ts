// What can be done to a destination goes by the API that has made it: same deed, other route.
import { api, call } from './client'
import type { Destination, MadeBy } from './types'

/** What the Providers API wants of a browser: a header that a form on another site cannot send. */
export const fromScript = { 'X-Requested-With': 'XMLHttpRequest' as const }

/** The project that a channel of the Config API belongs to, as its routes want it. */
export const ofProject = (destination: Destination) => ({ 'X-Project-Id': destination.project_id ?? '' })

/** The address of a legacy channel has no routes of its own: it is looked after by way of the channel, whose id it has. */
export const isChannels = (destination: Pick<Destination, 'belongs_to'>): boolean =>
  destination.belongs_to === 'channel'

/** By whose routes a destination is looked after. */
export function routesOf(destination: Destination): MadeBy | 'channel' {
  return isChannels(destination) ? 'channel' : destination.made_by
}

export type Recovered = { recovered: number; more: boolean }

/** Sends again what a destination missed since a time: held, failed, abandoned and overdue deliveries. */
export function recover(destination: Destination, since: string): Promise<Recovered> {
  const path = { id: destination.id }
  const body = { since }
  switch (routesOf(destination)) {
    case 'stack':
      return call(api.POST('/v1/notifications/destinations/{id}/recover', { params: { path }, body }))
    case 'channel':
      return call(api.POST('/v1/notifications/channels/{id}/recover', { params: { path }, body }))
    case 'mail':
      return call(api.POST('/mail/webhooks/{id}/recover', { params: { path }, body }))
    case 'providers':
      return call(
        api.POST('/api/v1/notifications/providers/{id}/recover', { params: { path, header: fromScript }, body }),
      )
    case 'config':
      return call(
        api.POST('/v1/config/notifications/{id}/recover', { params: { path, header: ofProject(destination) }, body }),
      )
    case 'stack_auth':
      return call(api.POST('/v1/webhooks/endpoints/{id}/recover', { params: { path }, body }))
  }
}
