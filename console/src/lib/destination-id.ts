import type { Destination } from '../api/types'

/** Whether a destination goes by an id: rules and deliveries have its public one (`ep_…`, `whk_…`, a UUID) or `ndst_…`. */
export const hasId = (of: Pick<Destination, 'id' | 'destination_id'>, id: string): boolean =>
  id === of.id || id === of.destination_id
