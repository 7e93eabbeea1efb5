import { History, Radio, RotateCcw, Send } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useDestinations } from '../../api/catalogue'
import { usePages } from '../../api/hooks'
import { STATES } from '../../api/types'
import { useWhoami } from '../../api/whoami'
import { DELIVERY_FILTERS, deliveryQuery } from '../../lib/deliveries'
import { resendFilter } from '../../lib/resend'
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
import { ResendDialog } from './resend-dialog'

const states = [{ value: '', label: 'Any state' }, ...STATES.map(value => ({ value, label: stateStyles[value].label }))]

const tests = [
  { value: '', label: 'Shown' },
  { value: 'false', label: 'Hidden' },
  { value: 'true', label: 'Only tests' },
]

/** The deliveries to all destinations, newest event first. */
export function DeliveriesList() {
  const [query, setQuery] = useQuery()
  const [dialog, setDialog] = useState<'recover' | 'resend' | null>(null)
  const { project_id } = useWhoami()
  const { byId } = useDestinations()
  const live = Boolean(query.live)
  const activeFilters = DELIVERY_FILTERS.filter(name => query[name]).length
  const clear = () => setQuery(Object.fromEntries(DELIVERY_FILTERS.map(name => [name, null])))
  return (
    <Page
      title="Deliveries"
      description={
        <>
          Each delivery sends one event to one destination. Deliveries and attempts are kept for 30 days.
          {project_id && ` Your key belongs to the project ${project_id} and sees only deliveries of its events.`}
        </>
      }
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
          <Button writes icon={<History size={15} />} onClick={() => setDialog('recover')}>
            Recover
          </Button>
          <Button
            writes
            icon={<RotateCcw size={15} />}
            disabledReason={
              query.state === 'pending' ? 'Pending deliveries are on their way. Choose another state.' : null
            }
            onClick={() => setDialog('resend')}
          >
            Resend all that match…
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
      {dialog === 'resend' && <ResendDialog filter={resendFilter(query, Date.now())} onClose={() => setDialog(null)} />}
      {dialog === 'recover' && (
        <RecoverDialog
          destination={byId.get(query.destination_id ?? '') ?? null}
          since={query.since}
          onClose={() => setDialog(null)}
        />
      )}
    </Page>
  )
}

function Rows({ query, filtered, onClear }: { query: Record<string, string>; filtered: boolean; onClear: () => void }) {
  const now = useNow(60_000)
  const pages = usePages('/v1/deliveries', { params: { query: deliveryQuery(query, now) } }, page => page.deliveries, {
    keepPrevious: true,
  })
  const isSearching = useFilled(pages, JSON.stringify(query))
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
      {pages.rows.length === 0 &&
        (isSearching ? (
          <Skeleton lines={4} label="Searching older deliveries" />
        ) : (
          <EmptyState icon={<Send size={20} />} title="No matching deliveries so far">
            There may be older ones. Show more to search them, or choose a time span.
          </EmptyState>
        ))}
      <LoadMore pages={pages} />
    </Panel>
  )
}

/** A list has at least this many rows, if there are as many. */
const PAGE = 50
/** The maximum number of pages that are loaded to fill the list. */
const MAX_SEARCHED = 10

/**
 * Loads further pages while the list is shorter than a page: a page can be short or empty although more follow. Returns
 * whether it still does.
 */
function useFilled(
  pages: {
    rows: unknown[] | undefined
    error: unknown
    hasMore: boolean
    isLoadingMore: boolean
    loadMore: () => void
  },
  list: string,
): boolean {
  const searched = useRef({ list, count: 0 })
  if (searched.current.list !== list) searched.current = { list, count: 0 }
  const isShort = pages.rows !== undefined && pages.rows.length < PAGE && pages.hasMore && !pages.error
  const isSearching = isShort && searched.current.count < MAX_SEARCHED
  useEffect(() => {
    if (!isSearching || pages.isLoadingMore) return
    searched.current.count += 1
    pages.loadMore()
  })
  return isSearching
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
