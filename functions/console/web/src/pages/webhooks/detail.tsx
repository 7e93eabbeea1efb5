import { SearchX } from 'lucide-preact'
import { ApiError } from '../../api/error'
import { useGet } from '../../api/hooks'
import { href } from '../../router/hash'
import { ButtonLink } from '../../ui/button'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { Found } from './found'

const back = { label: 'Webhooks', href: href('/webhooks') }

/** One endpoint. */
export function EndpointDetail({ id }: { id: string }) {
  const { data, error, mutate } = useGet('/v1/webhooks/endpoints/{id}', { params: { path: { id } } })
  if (data) return <Found endpoint={data} />
  const isMissing = error instanceof ApiError && error.status === 404
  return (
    <Page title="Endpoint" back={back}>
      <Panel flush>
        {isMissing ? (
          <EmptyState
            icon={<SearchX size={20} />}
            title="There is no such endpoint"
            action={<ButtonLink href={back.href}>All endpoints</ButtonLink>}
          >
            It may have been deleted.
          </EmptyState>
        ) : error ? (
          <ErrorState error={error} onRetry={() => void mutate()} />
        ) : (
          <Skeleton lines={6} label="Loading the endpoint" />
        )}
      </Panel>
    </Page>
  )
}
