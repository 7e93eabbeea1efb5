import { ArrowRight, Inbox } from 'lucide-preact'
import { useGet } from '../../../api/hooks'
import type { Delivery } from '../../../api/types'
import { href } from '../../../router/hash'
import { StateBadge } from '../../../ui/badge'
import { ButtonLink } from '../../../ui/button'
import { Panel } from '../../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../../ui/states'
import { type Column, Table } from '../../../ui/table'
import { Time } from '../../../ui/time'

const LIMIT = 15

export const deliveryColumns: Column<Delivery>[] = [
  { header: 'Event', main: true, cell: delivery => <code>{delivery.event_type}</code> },
  { header: 'State', width: '8rem', corner: true, cell: delivery => <StateBadge state={delivery.state} /> },
  { header: 'Attempts', width: '5.5rem', align: 'end', wideOnly: true, cell: delivery => delivery.attempt_count },
  { header: 'Dispatched', width: '9rem', align: 'end', cell: delivery => <Time at={delivery.created_at} /> },
]

export const deliveryHref = (delivery: Delivery): string => href(`/deliveries/${delivery.id}`)

/** The newest deliveries to a destination. */
export function NewestDeliveries({ destinationId }: { destinationId: string }) {
  const init = { params: { query: { destination_id: destinationId, limit: LIMIT } } }
  const { data, error, mutate } = useGet('/v1/deliveries', init)
  const all = (
    <ButtonLink size="s" variant="quiet" href={href('/deliveries', { destination_id: destinationId })}>
      All deliveries <ArrowRight size={14} aria-hidden="true" />
    </ButtonLink>
  )
  return (
    <Panel title="Newest deliveries" actions={data && data.deliveries.length > 0 && all} flush>
      {data ? (
        <Rows deliveries={data.deliveries} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => void mutate()} />
      ) : (
        <Skeleton lines={5} label="Loading deliveries" />
      )}
    </Panel>
  )
}

function Rows({ deliveries }: { deliveries: Delivery[] }) {
  if (deliveries.length === 0) {
    return (
      <EmptyState icon={<Inbox size={20} />} title="No deliveries yet">
        Deliveries appear here when a rule with this destination matches an event. They are kept for 30 days.
      </EmptyState>
    )
  }
  return (
    <Table
      label="Deliveries"
      columns={deliveryColumns}
      rows={deliveries}
      rowKey={delivery => delivery.id}
      rowHref={deliveryHref}
    />
  )
}
