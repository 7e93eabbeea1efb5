// The API that created a destination also manages it, with routes and headers of its own.
import type { Destination, MadeBy } from './types'

/** The Providers API requires this header from browsers, because a form on another site cannot send it. */
export const requestedWith = { 'X-Requested-With': 'XMLHttpRequest' as const }

/** The Config API requires the project of a channel in this header. */
export const projectHeader = (destination: Destination) => ({ 'X-Project-Id': destination.project_id ?? '' })

/** Whether this is the address of a legacy channel. It has the id of the channel, whose routes manage it. */
export const isChannelAddress = (destination: Pick<Destination, 'belongs_to'>): boolean =>
  destination.belongs_to === 'channel'

/** The API whose routes manage a destination. */
export function managingApi(destination: Destination): MadeBy | 'channel' {
  return isChannelAddress(destination) ? 'channel' : destination.made_by
}
