import { useGet } from '../../api/hooks'
import { href } from '../../router/hash'
import { LoadError } from '../../ui/load-error'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { Skeleton } from '../../ui/states'
import { EndpointView } from './view'

const back = { label: 'Webhooks', href: href('/webhooks') }

export function EndpointDetail({ id }: { id: string }) {
  const { data, error, mutate } = useGet('/v1/webhooks/endpoints/{id}', { params: { path: { id } } })
  if (data) return <EndpointView endpoint={data} />
  return (
    <Page title="Endpoint" back={back}>
      <Panel flush>
        {error ? (
          <LoadError error={error} onRetry={() => void mutate()} noun="endpoint" list={{ ...back, label: 'Endpoints' }}>
            It may have been deleted.
          </LoadError>
        ) : (
          <Skeleton lines={6} label="Loading the endpoint" />
        )}
      </Panel>
    </Page>
  )
}
