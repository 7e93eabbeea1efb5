import { DestinationDetail } from './detail'
import { DestinationList } from './list'

export function DestinationsPage({ id }: { id: string | undefined }) {
  return id === undefined ? <DestinationList /> : <DestinationDetail key={id} id={id} />
}
