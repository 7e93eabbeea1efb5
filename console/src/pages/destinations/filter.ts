import type { Destination, Kind } from '../../api/types'
import { kinds, madeByLabels } from '../../lib/kinds'
import { matches } from '../../lib/match'

/** How a destination stands, in one word; the most pressing first. */
export type DestinationStatus = 'disabled' | 'unhealthy' | 'unverified' | 'healthy'

export function statusOf({
  disabled,
  health,
  verified,
}: Pick<Destination, 'disabled' | 'health' | 'verified'>): DestinationStatus {
  if (disabled) return 'disabled'
  if (health?.status === 'unhealthy') return 'unhealthy'
  return verified ? 'healthy' : 'unverified'
}

export type Filter = { search: string; kind: Kind | ''; status: DestinationStatus | '' }

/** The destinations that a filter lets through, in their order. */
export function filtered(destinations: readonly Destination[], filter: Filter): Destination[] {
  return destinations.filter(
    destination =>
      (filter.kind === '' || destination.channel_type === filter.kind) &&
      (filter.status === '' || statusOf(destination) === filter.status) &&
      matches(filter.search, searchText(destination)),
  )
}

/** Everything that a destination can be searched by. */
function searchText(destination: Destination): string {
  const { label } = kinds[destination.channel_type]
  const parts = [
    destination.name,
    destination.destination,
    destination.description,
    label,
    madeByLabels[destination.made_by],
    destination.id,
    destination.destination_id,
  ]
  return parts.filter(Boolean).join(' ')
}
