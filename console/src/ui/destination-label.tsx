import { useDestinationById } from '../api/catalogue'
import { useDestinationKinds } from '../api/destination-kinds'
import type { Destination } from '../api/types'
import { shortId } from './id'
import { kindIcon } from './kind'
import './destination-label.css'

type Labelled = Pick<Destination, 'channel_type' | 'destination'> & { name?: string | null }

/** The icon and the name or address of a destination. */
export function DestinationLabel({ destination }: { destination: Labelled }) {
  const { titleOf } = useDestinationKinds()
  const Icon = kindIcon(destination.channel_type)
  const kind = titleOf(destination.channel_type)
  return (
    <span class="destination" title={`${kind}: ${destination.destination}`}>
      <Icon size={15} aria-label={kind} role="img" />
      <bdi class="clamp">{destination.name || address(destination.destination)}</bdi>
    </span>
  )
}

/** The label of the destination with this id (public or `ndst_…`). */
export function DestinationLabelById({ id }: { id: string }) {
  const { destination, isDeleted } = useDestinationById(id)
  if (destination) return <DestinationLabel destination={destination} />
  return (
    <span class="destination" title={id}>
      <code>{shortId(id)}</code>
      {isDeleted && <span class="faint">deleted</span>}
    </span>
  )
}

/** An address without its scheme. */
const address = (text: string) => text.replace(/^https?:\/\//, '')
