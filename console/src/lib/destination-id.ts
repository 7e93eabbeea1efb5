import type { Destination } from '../api/types'

/**
 * Whether an id is one of the destination's two: `ndst_…`, or the public id (`ep_…`, `whk_…`, a UUID). Rules and
 * deliveries may contain either.
 */
export const hasId = (destination: Pick<Destination, 'id' | 'destination_id'>, id: string): boolean =>
  id === destination.id || id === destination.destination_id
