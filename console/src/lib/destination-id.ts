import type { Destination } from '../api/types'

/** Whether a destination goes by an id: rules and deliveries have its public one (`ep_…`, `whk_…`, a UUID) or `ndst_…`. */
export const hasId = (destination: Pick<Destination, 'id' | 'destination_id'>, id: string): boolean =>
  id === destination.id || id === destination.destination_id
