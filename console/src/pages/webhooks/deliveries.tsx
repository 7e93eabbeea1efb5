import { Inbox } from 'lucide-preact'
import { usePages } from '../../api/hooks'
import { type DeliveryState, STATES } from '../../api/types'
import { useQuery } from '../../router/hash'
import { stateStyles } from '../../ui/badge'
import { Select } from '../../ui/field'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { LoadMore, Table } from '../../ui/table'
import { deliveryColumns, deliveryHref } from '../destinations/parts/deliveries'

const LIMIT = 25
const options = [
  { value: '', label: 'Any state' },
  ...STATES.map(value => ({ value, label: stateStyles[value].label })),
]

/** The deliveries to an endpoint, filtered by state. */
export function EndpointDeliveries({ id }: { id: string }) {
  const [query, setQuery] = useQuery()
  const status = STATES.find(state => state === query.status)
  return (
    <Panel
      title="Deliveries"
      flush
      actions={
        <div class="delivery-filter">
          <Select
            label="State of deliveries"
            labelHidden
            value={status ?? ''}
            options={options}
            onValue={status => setQuery({ status })}
          />
        </div>
      }
    >
      <Rows id={id} status={status} />
    </Panel>
  )
}

function Rows({ id, status }: { id: string; status: DeliveryState | undefined }) {
  const pages = usePages(
    '/v1/webhooks/endpoints/{id}/deliveries',
    { params: { path: { id }, query: { limit: LIMIT, ...(status ? { status } : {}) } } },
    page => page.deliveries,
    { keepPrevious: true },
  )
  if (pages.error && !pages.rows) return <ErrorState error={pages.error} onRetry={pages.mutate} />
  if (!pages.rows) return <Skeleton lines={5} label="Loading deliveries" />
  return (
    <>
      {pages.rows.length > 0 && (
        <Table
          label="Deliveries"
          columns={deliveryColumns}
          rows={pages.rows}
          rowKey={delivery => delivery.id}
          rowHref={deliveryHref}
        />
      )}
      {pages.rows.length === 0 && !pages.hasMore && (
        <EmptyState icon={<Inbox size={20} />} title={status ? 'No deliveries in this state' : 'No deliveries yet'}>
          {status
            ? 'Choose another state.'
            : 'Deliveries appear here when events of its types occur. They are kept for 30 days.'}
        </EmptyState>
      )}
      <LoadMore pages={pages} />
    </>
  )
}
