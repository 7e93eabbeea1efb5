import { Plus, Zap } from 'lucide-preact'
import { usePages } from '../../api/hooks'
import { type Event, STACK_SEVERITIES } from '../../api/types'
import { EVENT_FILTERS, eventQuery } from '../../lib/events'
import { useNow } from '../../lib/use-now'
import { href, useQuery } from '../../router/hash'
import { SeverityBadge } from '../../ui/badge'
import { Button, ButtonLink } from '../../ui/button'
import { CommittedField } from '../../ui/committed-field'
import { EventTypeSelect } from '../../ui/event-type-select'
import { Select } from '../../ui/field'
import { Filters } from '../../ui/filters'
import { shortId } from '../../ui/id'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { PeriodFilter } from '../../ui/period-filter'
import { EmptyState, ErrorState, Notice, Skeleton } from '../../ui/states'
import { LoadMore, NoValue, Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { PostEventDialog } from './post'

const severities = [{ value: '', label: 'Any severity' }, ...STACK_SEVERITIES.map(value => ({ value, label: value }))]

/** All events, newest first. */
export function EventsList() {
  const [query, setQuery] = useQuery()
  const activeFilters = EVENT_FILTERS.filter(name => query[name]).length
  const clear = () => setQuery(Object.fromEntries(EVENT_FILTERS.map(name => [name, null])))
  const post = (
    <Button writes variant="primary" icon={<Plus size={16} />} onClick={() => setQuery({ post: 1 })}>
      Post an event
    </Button>
  )
  return (
    <Page title="Events" description="All accepted events. They are kept for 30 days." actions={post}>
      <Filters activeCount={activeFilters} onClear={clear}>
        <EventTypeSelect
          label="Event type"
          placeholder="Any type"
          value={query.type ?? ''}
          onValue={type => setQuery({ type })}
        />
        <Select
          label="Severity"
          options={severities}
          value={query.severity ?? ''}
          onValue={severity => setQuery({ severity })}
        />
        <PeriodFilter />
        <CommittedField
          label="Resource type"
          placeholder="Any, e.g. message"
          value={query.resourceType ?? ''}
          onValue={resourceType => setQuery({ resourceType })}
        />
        <CommittedField
          label="Resource id"
          placeholder="Any"
          value={query.resourceId ?? ''}
          onValue={resourceId => setQuery({ resourceId })}
        />
        <CommittedField
          label="Mail"
          placeholder="msg_…"
          value={query.messageId ?? ''}
          onValue={messageId => setQuery({ messageId })}
        />
      </Filters>
      <Panel flush>
        <Rows query={query} filtered={activeFilters > 0} onClear={clear} />
      </Panel>
      {query.post && <PostEventDialog onClose={() => setQuery({ post: null })} />}
    </Page>
  )
}

function Rows({ query, filtered, onClear }: { query: Record<string, string>; filtered: boolean; onClear: () => void }) {
  const now = useNow(60_000)
  const pages = usePages('/v1/events', { params: { query: eventQuery(query, now) } }, page => page.events, {
    keepPrevious: true,
  })
  if (pages.error && !pages.rows) return <ErrorState error={pages.error} onRetry={pages.mutate} />
  if (!pages.rows) return <Skeleton lines={8} />
  if (pages.rows.length === 0 && !pages.hasMore) {
    return filtered ? (
      <EmptyState
        icon={<Zap size={20} />}
        title="No matching events"
        action={<Button onClick={onClear}>Clear filters</Button>}
      >
        Choose a longer time span or fewer filters.
      </EmptyState>
    ) : (
      <EmptyState
        icon={<Zap size={20} />}
        title="No events yet"
        action={<ButtonLink href={href('/events', { post: 1 })}>Post an event</ButtonLink>}
      >
        Post an event to test your rules. Your systems send events with POST /v1/events.
      </EmptyState>
    )
  }
  return (
    <>
      {pages.error && <Notice tone="warn">{`This may be out of date. ${pages.error.message}`}</Notice>}
      {pages.rows.length > 0 && <Log events={pages.rows} />}
      <LoadMore pages={pages} />
    </>
  )
}

function Log({ events }: { events: Event[] }) {
  return (
    <Table
      label="Events"
      rows={events}
      rowKey={event => event.id}
      rowHref={event => href(`/events/${event.id}`)}
      columns={[
        { header: 'Type', main: true, cell: ({ type }) => <code>{type}</code> },
        {
          header: 'Severity',
          width: '8rem',
          corner: true,
          cell: ({ severity }) => <SeverityBadge severity={severity} />,
        },
        { header: 'Resource', cell: resourceCell },
        { header: 'Id', width: '11rem', wideOnly: true, cell: ({ id }) => <code class="faint">{shortId(id)}</code> },
        { header: 'Accepted', width: '9rem', align: 'end', cell: ({ created_at }) => <Time at={created_at} /> },
      ]}
    />
  )
}

function resourceCell({ resource }: Event) {
  return resource ? (
    <span title={resource.id}>
      <span class="muted">{resource.type}</span> <code>{shortId(resource.id)}</code>
    </span>
  ) : (
    <NoValue />
  )
}
