import { useMemo } from 'preact/hooks'
import { useDestinations } from '../api/catalogue'
import { kinds } from '../lib/kinds'
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

/** One destination of any kind, searched for by address, name or kind. */
export function DestinationSelect(props: Props) {
  const { destinations } = useDestinations()
  const options = useMemo(
    () =>
      destinations.map(of => ({
        value: of.destination_id,
        label: of.name || of.destination,
        keywords: `${of.id} ${of.destination} ${kinds[of.channel_type].label}`,
        content: <DestinationLabel destination={of} />,
      })),
    [destinations],
  )
  return <Combobox {...props} options={options} />
}
