import { useGet } from '../../api/hooks'
import { href } from '../../router/hash'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { Skeleton } from '../../ui/states'
import { ThingError } from '../../ui/thing-error'
import { Found } from './found'

const EVERY_MS = 10_000

const back = { label: 'Webhooks', href: href('/webhooks') }

/** One endpoint. */
export function EndpointDetail({ id }: { id: string }) {
  const { data, error, mutate } = useGet(
    '/v1/webhooks/endpoints/{id}',
    { params: { path: { id } } },
    // Its traffic changes within seconds.
    { refreshEvery: EVERY_MS },
  )
  if (data) return <Found endpoint={data} />
  return (
    <Page title="Endpoint" back={back}>
      <Panel flush>
        {error ? (
          <ThingError
            error={error}
            onRetry={() => void mutate()}
            thing="endpoint"
            all={{ ...back, label: 'Endpoints' }}
          >
            It may have been deleted.
          </ThingError>
        ) : (
          <Skeleton lines={6} label="Loading the endpoint" />
        )}
      </Panel>
    </Page>
  )
}
