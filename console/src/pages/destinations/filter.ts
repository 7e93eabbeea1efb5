import type { Destination } from '../../api/types'
import { madeByLabels } from '../../lib/made-by'
import { matches } from '../../lib/match'

/** The status of a destination, most urgent first. */
export type DestinationStatus = 'disabled' | 'unhealthy' | 'unverified' | 'healthy'

export function statusOf({
  disabled,
  health,
  verified,
}: Pick<Destination, 'disabled' | 'health' | 'verified'>): DestinationStatus {
  if (disabled) return 'disabled'
  // A changed address stays unhealthy until it is verified.
  if (!verified) return 'unverified'
  return health?.status === 'unhealthy' ? 'unhealthy' : 'healthy'
}

export type Filter = { search: string; kind: string; status: DestinationStatus | '' }

/** The destinations that match a filter, in their order. */
export function filtered(
  destinations: readonly Destination[],
  filter: Filter,
  titleOf: (kind: string) => string,
): Destination[] {
  return destinations.filter(
    destination =>
      (filter.kind === '' || destination.channel_type === filter.kind) &&
      (filter.status === '' || statusOf(destination) === filter.status) &&
      matches(filter.search, searchText(destination, titleOf)),
  )
}

/** The text that a search looks in. */
function searchText(destination: Destination, titleOf: (kind: string) => string): string {
  const parts = [
    destination.name,
    destination.destination,
    destination.description,
    titleOf(destination.channel_type),
    madeByLabels[destination.made_by],
    destination.id,
    destination.destination_id,
  ]
  return parts.filter(Boolean).join(' ')
}
