import type { Delivery } from '../api/types'
import { outcome } from '../lib/deliveries'
import { count } from '../lib/plural'
import { href } from '../router/hash'
import { Badge, StateBadge } from './badge'
import { DestinationLabelById } from './destination-label'
import { Table } from './table'
import { Time } from './time'

/** A table of deliveries with links to their pages. */
export function DeliveriesTable({
  deliveries,
  label = 'Deliveries',
  within,
  changed,
}: {
  deliveries: Delivery[]
  label?: string
  /** What all deliveries have in common. Its column is left out. */
  within?: 'event' | 'destination'
  /** The ids of rows to highlight. */
  changed?: ReadonlySet<string>
}) {
  const event = {
    header: 'Event',
    cell: ({ event_type, test }: Delivery) => (
      <>
        <code>{event_type}</code> {test && <Badge>Test</Badge>}
      </>
    ),
  }
  const destination = {
    header: 'Destination',
    cell: ({ destination_id }: Delivery) => <DestinationLabelById id={destination_id} />,
  }
  return (
    <Table
      label={label}
      rows={deliveries}
      rowKey={delivery => delivery.id}
      rowHref={delivery => href(`/deliveries/${delivery.id}`)}
      marked={delivery => changed?.has(delivery.id) ?? false}
      columns={[
        ...(within === 'event' ? [] : [{ ...event, main: true }]),
        ...(within === 'destination' ? [] : [{ ...destination, main: within === 'event' }]),
        { header: 'State', width: '8rem', corner: true, cell: ({ state }) => <StateBadge state={state} /> },
        { header: 'Last response', width: '9rem', wideOnly: true, cell: lastAnswer },
        {
          header: 'Attempts',
          width: '5.5rem',
          align: 'end',
          wideOnly: true,
          cell: ({ attempt_count }) => count(attempt_count),
        },
        { header: 'Dispatched', width: '9rem', align: 'end', cell: ({ created_at }) => <Time at={created_at} /> },
      ]}
    />
  )
}

function lastAnswer({ attempts }: Delivery) {
  const last = attempts.at(-1)
  return last ? <span title={last.error ?? undefined}>{outcome(last)}</span> : <span class="faint">none</span>
}
