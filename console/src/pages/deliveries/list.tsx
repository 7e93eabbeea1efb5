import { History, Radio, Send } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useDestinations } from '../../api/catalogue'
import { usePages } from '../../api/hooks'
import { STATES } from '../../api/types'
import { DELIVERY_FILTERS, deliveryQuery } from '../../lib/deliveries'
import { useNow } from '../../lib/use-now'
import { href, useQuery } from '../../router/hash'
import { stateStyles } from '../../ui/badge'
import { Button, ButtonLink } from '../../ui/button'
import { DeliveriesTable } from '../../ui/deliveries-table'
import { DestinationSelect } from '../../ui/destination-select'
import { EventTypeSelect } from '../../ui/event-type-select'
import { Select } from '../../ui/field'
import { Filters } from '../../ui/filters'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { PeriodFilter } from '../../ui/period-filter'
import { RecoverDialog } from '../../ui/recover-dialog'
import { EmptyState, ErrorState, Notice, Skeleton } from '../../ui/states'
import { LoadMore } from '../../ui/table'
import { LiveDeliveries } from './live'

const REFRESH_MS = 15_000
const states = [{ value: '', label: 'Any state' }, ...STATES.map(value => ({ value, label: stateStyles[value].label }))]

const tests = [
  { value: '', label: 'Shown' },
  { value: 'false', label: 'Hidden' },
  { value: 'true', label: 'Only tests' },
]

/** The deliveries to all destinations, newest event first. */
export function DeliveriesList() {
  const [query, setQuery] = useQuery()
  const [recovering, setRecovering] = useState(false)
  const { byId } = useDestinations()
  const live = Boolean(query.live)
  const activeFilters = DELIVERY_FILTERS.filter(name => query[name]).length
  const clear = () => setQuery(Object.fromEntries(DELIVERY_FILTERS.map(name => [name, null])))
  return (
    <Page
      title="Deliveries"
      description="Each delivery sends one event to one destination. Deliveries and attempts are kept for 30 days."
      actions={
        <>
          <Button
            icon={<Radio size={15} />}
            aria-pressed={live}
            variant={live ? 'primary' : 'secondary'}
            onClick={() => setQuery({ live: live ? null : 1 })}
          >
            Live
          </Button>
          <Button writes icon={<History size={15} />} onClick={() => setRecovering(true)}>
            Recover
          </Button>
        </>
      }
    >
      <Filters activeCount={activeFilters} onClear={clear}>
        <Select label="State" options={states} value={query.state ?? ''} onValue={state => setQuery({ state })} />
        <DestinationSelect
          label="Destination"
          placeholder="Any destination"
          value={query.destination_id ?? ''}
          onValue={destination_id => setQuery({ destination_id })}
        />
        <EventTypeSelect
          label="Event type"
          placeholder="Any type"
          value={query.event_type ?? ''}
          onValue={event_type => setQuery({ event_type })}
        />
        <Select label="Tests" options={tests} value={query.test ?? ''} onValue={test => setQuery({ test })} />
        {!live && <PeriodFilter />}
      </Filters>
      {live ? <LiveDeliveries query={query} /> : <Rows query={query} filtered={activeFilters > 0} onClear={clear} />}
      {recovering && (
        <RecoverDialog
          destination={byId.get(query.destination_id ?? '') ?? null}
          since={query.since}
          onClose={() => setRecovering(false)}
        />
      )}
    </Page>
  )
}

function Rows({ query, filtered, onClear }: { query: Record<string, string>; filtered: boolean; onClear: () => void }) {
  const now = useNow(60_000)
  const pages = usePages('/v1/deliveries', { params: { query: deliveryQuery(query, now) } }, page => page.deliveries, {
    refreshEvery: REFRESH_MS,
    keepPrevious: true,
  })
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
        <Skeleton lines={8} />
      </Panel>
    )
  }
  if (pages.rows.length === 0 && !pages.hasMore) return <None filtered={filtered} onClear={onClear} />
  return (
    <Panel flush>
      {pages.error && <Notice tone="warn">{`This may be out of date. ${pages.error.message}`}</Notice>}
      {pages.rows.length > 0 && <DeliveriesTable deliveries={pages.rows} />}
      <LoadMore pages={pages} />
    </Panel>
  )
}

function None({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return (
    <Panel flush>
      {filtered ? (
        <EmptyState
          icon={<Send size={20} />}
          title="No matching deliveries"
          action={<Button onClick={onClear}>Clear filters</Button>}
        >
          Choose a longer time span or fewer filters.
        </EmptyState>
      ) : (
        <EmptyState
          icon={<Send size={20} />}
          title="No deliveries yet"
          action={
            <>
              <ButtonLink href={href('/rules')}>Show rules</ButtonLink>
              <ButtonLink variant="primary" href={href('/events', { post: 1 })}>
                Post an event
              </ButtonLink>
            </>
          }
        >
          Events are delivered to the destinations of each matching rule. Create a rule, then post an event.
        </EmptyState>
      )}
    </Panel>
  )
}
