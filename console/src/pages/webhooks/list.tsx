import { Plus, Webhook } from 'lucide-preact'
import { useDestinations } from '../../api/catalogue'
import { usePages } from '../../api/hooks'
import type { Endpoint } from '../../api/types'
import { plural } from '../../lib/plural'
import { href, navigate, useQuery } from '../../router/hash'
import { BreakerBadge, HealthBadge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { type Column, LoadMore, Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { NewEndpointDialog } from './form'
import './webhooks.css'

const columns: Column<Endpoint>[] = [
  {
    header: 'Endpoint',
    main: true,
    cell: endpoint => (
      <span class="endpoint-named">
        <span class="clamp" title={endpoint.url}>
          {endpoint.url}
        </span>
        {endpoint.description && <bdi class="endpoint-what clamp">{endpoint.description}</bdi>}
      </span>
    ),
  },
  {
    header: 'Event types',
    width: '11rem',
    cell: endpoint => (
      <span title={endpoint.event_types.join(', ')}>{plural(endpoint.event_types.length, 'event type')}</span>
    ),
  },
  {
    header: 'Status',
    width: '8.5rem',
    corner: true,
    cell: endpoint => (
      <span class="badges">
        <EndpointHealth endpoint={endpoint} />
        <BreakerBadge health={endpoint.health} />
      </span>
    ),
  },
  { header: 'Added', width: '9.5rem', align: 'end', cell: endpoint => <Time at={endpoint.created_at} /> },
]

function EndpointHealth({ endpoint }: { endpoint: Endpoint }) {
  const { byId } = useDestinations()
  const unused = byId.get(endpoint.id)?.unused
  return <HealthBadge health={endpoint.health} disabled={endpoint.status === 'disabled'} unused={unused} />
}

/** The endpoints of Stack Auth webhooks. */
export function EndpointList() {
  const [query, setQuery] = useQuery()
  const pages = usePages('/v1/webhooks/endpoints', {}, page => page.endpoints)
  const add = (
    <Button writes variant="primary" icon={<Plus size={15} />} onClick={() => setQuery({ add: 1 })}>
      Add endpoint
    </Button>
  )
  return (
    <Page
      title="Webhooks"
      description="Endpoints that receive events about users and teams. Svix libraries can verify their requests."
      // An empty list has its own button.
      actions={pages.rows?.length !== 0 && add}
    >
      <Panel flush>
        {pages.error && !pages.rows && <ErrorState error={pages.error} onRetry={pages.mutate} />}
        {!pages.rows && !pages.error && <Skeleton lines={6} label="Loading endpoints" />}
        {pages.rows?.length === 0 && (
          <EmptyState icon={<Webhook size={20} />} title="No endpoints yet" action={add}>
            Add the URL of your server. It receives a signed POST request whenever a user or a team is created, updated
            or deleted.
          </EmptyState>
        )}
        {pages.rows && pages.rows.length > 0 && (
          <Table
            label="Endpoints"
            columns={columns}
            rows={pages.rows}
            rowKey={endpoint => endpoint.id}
            rowHref={endpoint => href(`/webhooks/${endpoint.id}`)}
          />
        )}
        <LoadMore pages={pages} />
      </Panel>
      {query.add !== undefined && (
        <NewEndpointDialog
          onClose={() => setQuery({ add: null })}
          onCreated={id => navigate(`/webhooks/${id}`, {}, { replace: true })}
        />
      )}
    </Page>
  )
}
