import { AreaContext } from '../../api/whoami'
import { EndpointDetail } from './detail'
import { EndpointList } from './list'

export function WebhooksPage({ id }: { id: string | undefined }) {
  return (
    <AreaContext.Provider value="stack_auth">
      {id === undefined ? <EndpointList /> : <EndpointDetail key={id} id={id} />}
    </AreaContext.Provider>
  )
}
