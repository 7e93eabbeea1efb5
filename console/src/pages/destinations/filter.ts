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
    of =>
      (filter.kind === '' || of.channel_type === filter.kind) &&
      (filter.status === '' || statusOf(of) === filter.status) &&
      matches(filter.search, searchText(of)),
  )
}

/** Everything that a destination can be searched by. */
function searchText(of: Destination): string {
  const { label } = kinds[of.channel_type]
  const parts = [of.name, of.destination, of.description, label, madeByLabels[of.made_by], of.id, of.destination_id]
  return parts.filter(Boolean).join(' ')
}
