// What can be done to a destination goes by the API that has made it: same deed, other route.
import type { Destination, MadeBy } from './types'

/** What the Providers API wants of a browser: a header that a form on another site cannot send. */
export const requestedWith = { 'X-Requested-With': 'XMLHttpRequest' as const }

/** The project that a channel of the Config API belongs to, as its routes want it. */
export const projectHeader = (destination: Destination) => ({ 'X-Project-Id': destination.project_id ?? '' })

/** The address of a legacy channel has no routes of its own: it is looked after by way of the channel, whose id it has. */
export const isChannelAddress = (destination: Pick<Destination, 'belongs_to'>): boolean =>
  destination.belongs_to === 'channel'

/** By whose routes a destination is looked after. */
export function managingApi(destination: Destination): MadeBy | 'channel' {
  return isChannelAddress(destination) ? 'channel' : destination.made_by
}
