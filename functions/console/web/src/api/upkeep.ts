// What can be done to a destination goes by the API that has made it: same deed, other route.
import { api, call } from './client'
import type { Destination } from './types'

/** What the Providers API wants of a browser: a header that a form on another site cannot send. */
export const fromScript = { 'X-Requested-With': 'XMLHttpRequest' as const }

/** The project that a channel of the Config API belongs to, as its routes want it. */
export const ofProject = (destination: Destination) => ({ 'X-Project-Id': destination.project_id ?? '' })

export type Recovered = { recovered: number; more: boolean }

/** Sends again what a destination missed since a time: held, failed and abandoned deliveries. */
export function recover(destination: Destination, since: string): Promise<Recovered> {
  const path = { id: destination.id }
  const body = { since }
  switch (destination.made_by) {
    case 'stack':
      return call(api.POST('/v1/notifications/destinations/{id}/recover', { params: { path }, body }))
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
