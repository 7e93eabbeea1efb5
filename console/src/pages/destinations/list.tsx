import { Plus, SearchX, Send } from 'lucide-preact'
import { useEffect } from 'preact/hooks'
import { useDestinationKinds } from '../../api/destination-kinds'
import type { Destination } from '../../api/types'
import { AreaContext } from '../../api/whoami'
import { madeByLabels } from '../../lib/made-by'
import { plural } from '../../lib/plural'
import { href, useQuery } from '../../router/hash'
import { Badge, BreakerBadge, HealthBadge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { DestinationLabel } from '../../ui/destination-label'
import { KindTitle } from '../../ui/kind'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { type Column, LoadMore, Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { AddDestination } from './add'
import { type Filter, filtered } from './filter'
import { Filters } from './filters'
import { useAllDestinations } from './use-all'
import './list.css'

const columns: Column<Destination>[] = [
  { header: 'Destination', main: true, cell: destination => <NameCell destination={destination} /> },
  { header: 'Kind', width: '9.5rem', cell: destination => <KindTitle kind={destination.channel_type} /> },
  {
    header: 'Status',
    width: '8.5rem',
    corner: true,
    cell: ({ health, verified, disabled, unused }) => (
      <span class="badges">
        <HealthBadge {...{ health, verified, disabled, unused }} />
        <BreakerBadge health={health} />
      </span>
    ),
  },
  { header: 'Created with', width: '10.5rem', cell: destination => <Badge>{madeByLabels[destination.made_by]}</Badge> },
  {
    header: 'Added',
    width: '9.5rem',
    align: 'end',
    wideOnly: true,
    cell: destination => <Time at={destination.created_at} />,
  },
]

const owners = { channel: 'Address of a rule', account: 'Address of the account' }

/** The name of a destination, with its address or description below. */
function NameCell({ destination }: { destination: Destination }) {
  const below = destination.belongs_to
    ? owners[destination.belongs_to]
    : destination.name
      ? destination.destination
      : destination.description
  return (
    <span class="destination-named">
      <DestinationLabel destination={destination} />
      {below && <bdi class="destination-address clamp">{below}</bdi>}
    </span>
  )
}

/** All destinations of all APIs. */
export function DestinationList() {
  const [query, setQuery] = useQuery()
  const filter = { search: query.search ?? '', kind: query.kind ?? '', status: query.status ?? '' } as Filter
  const { rows } = useAllDestinations()
  const add = (kind: string | null) => setQuery({ add: kind })
  return (
    <Page
      title="Destinations"
      description="The addresses, chats and endpoints that receive notifications."
      // An empty list has its own button.
      actions={rows?.length !== 0 && <AddButton onAdd={() => add('choose')} />}
    >
      <Rows filter={filter} onFilter={setQuery} onAdd={() => add('choose')} />
      {query.add !== undefined && <AddDestination kind={query.add} onKind={add} onClose={() => add(null)} />}
    </Page>
  )
}

const AddButton = ({ onAdd }: { onAdd: () => void }) => (
  <AreaContext.Provider value="any">
    <Button writes variant="primary" icon={<Plus size={15} />} onClick={onAdd}>
      Add destination
    </Button>
  </AreaContext.Provider>
)

type RowsProps = {
  filter: Filter
  onFilter: (patch: Record<string, string | null>) => void
  onAdd: () => void
}

function Rows({ filter, onFilter, onAdd }: RowsProps) {
  const pages = useAllDestinations()
  const { titleOf } = useDestinationKinds()
  const isFiltered = Boolean(filter.search || filter.kind || filter.status)
  // A filter searches all destinations.
  const loadsNext = isFiltered && pages.hasMore && !pages.isLoadingMore && !pages.error
  useEffect(() => {
    if (loadsNext) pages.loadMore()
  }, [loadsNext, pages.rows?.length])
  if (pages.error && !pages.rows) {
    return (
      <Panel flush>
        <ErrorState error={pages.error} onRetry={pages.mutate} />
      </Panel>
    )
  }
  if (!pages.rows) {
    return (
      <Panel flush>
        <Skeleton lines={6} label="Loading destinations" />
      </Panel>
    )
  }
  if (pages.rows.length === 0) {
    return (
      <Panel flush>
        <EmptyState icon={<Send size={20} />} title="No destinations yet" action={<AddButton onAdd={onAdd} />}>
          Add a webhook, an email address, a phone number or a chat. Then create a rule that sends events there.
        </EmptyState>
      </Panel>
    )
  }
  const found = filtered(pages.rows, filter, titleOf)
  return (
    <Panel flush>
      <Filters filter={filter} onFilter={onFilter} />
      <p class="hidden" aria-live="polite">
        {isFiltered ? `${plural(found.length, 'destination')} found.` : ''}
      </p>
      {found.length > 0 ? (
        <Table
          label="Destinations"
          columns={columns}
          rows={found}
          rowKey={destination => destination.destination_id}
          rowHref={destination => href(`/destinations/${destination.destination_id}`)}
        />
      ) : (
        <EmptyState
          icon={<SearchX size={20} />}
          title="No matching destinations"
          action={<Button onClick={() => onFilter({ search: null, kind: null, status: null })}>Clear filters</Button>}
        >
          {pages.hasMore
            ? `Searched the newest ${plural(pages.rows.length, 'destination')}. Show more to search older ones.`
            : 'Change or clear the filters.'}
        </EmptyState>
      )}
      <LoadMore pages={pages} />
    </Panel>
  )
}
