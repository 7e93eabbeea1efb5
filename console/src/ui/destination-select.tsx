import { useMemo } from 'preact/hooks'
import { useDestinations } from '../api/catalogue'
import { useDestinationKinds } from '../api/destination-kinds'
import { Combobox } from './combobox'
import { DestinationLabel } from './destination-label'

type Props = {
  label: string
  labelHidden?: boolean
  placeholder?: string
  /** An `ndst_…` id. */
  value: string
  onValue: (destinationId: string) => void
}

/** Selects one destination. People can search by address, name and kind. */
export function DestinationSelect(props: Props) {
  const { destinations } = useDestinations()
  const { titleOf } = useDestinationKinds()
  const options = useMemo(
    () =>
      destinations.map(destination => ({
        value: destination.destination_id,
        label: destination.name || destination.destination,
        keywords: `${destination.id} ${destination.destination} ${titleOf(destination.channel_type)}`,
        content: <DestinationLabel destination={destination} />,
      })),
    [destinations, titleOf],
  )
  return <Combobox {...props} options={options} />
}
