import { EndpointDetail } from './detail'
import { EndpointList } from './list'

export function WebhooksPage({ id }: { id: string | undefined }) {
  return id === undefined ? <EndpointList /> : <EndpointDetail key={id} id={id} />
}
