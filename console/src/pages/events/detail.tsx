import { useEffect } from 'preact/hooks'
import { ApiError } from '../../api/error'
import { readEvent } from '../../api/exact'
import { REFRESH_MS, useGet, usePages } from '../../api/hooks'
import type { Delivery, EventAsPosted } from '../../api/types'
import { absolute } from '../../lib/time'
import { useNow } from '../../lib/use-now'
import { href, useQuery } from '../../router/hash'
import { SeverityBadge } from '../../ui/badge'
import { DeliveriesTable } from '../../ui/deliveries-table'
import { Id } from '../../ui/id'
import { Json } from '../../ui/json'
import { LoadError } from '../../ui/load-error'
import { MailTimeline } from '../../ui/mail-timeline'
import { Page } from '../../ui/page'
import { Facts, Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { LoadMore } from '../../ui/table'
import { Time } from '../../ui/time'
import { MessagePanel } from '../deliveries/message'
import { EventTimeline } from './timeline'

const back = { label: 'Events', href: href('/events') }
/** The interval between requests while the event is not stored yet or its deliveries are on their way. */
const SOON_MS = 1000
/** After this time, an event gets no further deliveries. */
const SETTLED_MS = 10_000

/** One event: its timeline, data and deliveries. */
export function EventPage({ id }: { id: string }) {
  const [query] = useQuery()
  const { data, error, mutate } = useGet(
    '/v1/events/{id}',
    { params: { path: { id } } },
    // An event never changes.
    { read: readEvent, refreshEvery: 0 },
  )
  // A new event is in the queue for a moment before it is stored.
  const awaited = !data && query.posted !== undefined && error instanceof ApiError && error.status === 404
  useEffect(() => {
    if (!awaited) return
    const timer = setInterval(() => void mutate(), SOON_MS)
    return () => clearInterval(timer)
  }, [awaited, mutate])

  if (!data) {
    return (
      <Page title="Event" back={back}>
        <Panel flush>
          {awaited && <EmptyState title="Event accepted">It appears here in a moment.</EmptyState>}
          {error && !awaited ? (
            <LoadError error={error} onRetry={() => void mutate()} noun="event" list={back}>
              Events are kept for 30 days.
            </LoadError>
          ) : (
            <Skeleton lines={8} label="Loading the event" />
          )}
        </Panel>
      </Page>
    )
  }
  return (
    <Page
      title={data.type}
      back={back}
      description={
        <span class="row">
          <SeverityBadge severity={data.severity} />
          <span>
            accepted <Time at={data.created_at} />
          </span>
        </span>
      }
    >
      <Content event={data} />
    </Page>
  )
}

function Content({ event }: { event: EventAsPosted }) {
  const now = useNow(SOON_MS)
  const settled = now - Date.parse(event.created_at) > SETTLED_MS
  const deliveries = usePages(
    '/v1/deliveries',
    { params: { query: { event_id: event.id, limit: 100 } } },
    page => page.deliveries,
    { refreshEvery: settled ? REFRESH_MS : SOON_MS },
  )
  // The content of a mail is known if a delivery sent it. Codes are kept secret.
  const { deliveryId: sentBy = '', to = '' } = mailData(event.data)
  const isMail = event.resource?.type === 'message' && event.resource.id.startsWith('msg_')
  return (
    <>
      <div class="split">
        <Panel title="Timeline" hint="From acceptance to the result of each delivery">
          {deliveries.error && !deliveries.rows ? (
            <ErrorState error={deliveries.error} onRetry={deliveries.mutate} />
          ) : deliveries.rows ? (
            <EventTimeline event={event} deliveries={deliveries.rows} settled={settled} />
          ) : (
            <Skeleton />
          )}
        </Panel>
        <div class="stack">
          <EventDetails event={event} />
          {isMail && event.resource && (
            <Panel title="Timeline of the mail" hint="The message of this event">
              <MailTimeline id={event.resource.id} />
            </Panel>
          )}
          {isMail && sentBy && <MessagePanel id={sentBy} destination={{ channel_type: 'email', destination: to }} />}
        </div>
      </div>
      <EventDeliveries deliveries={deliveries} />
    </>
  )
}

function mailData(json: string): { deliveryId?: string; to?: string } {
  try {
    return JSON.parse(json)
  } catch {
    return {}
  }
}

function EventDeliveries({
  deliveries,
}: {
  deliveries: { rows: Delivery[] | undefined; hasMore: boolean; isLoadingMore: boolean; loadMore: () => void }
}) {
  if (!deliveries.rows?.length) return null
  return (
    <Panel title="Deliveries" flush>
      <DeliveriesTable deliveries={deliveries.rows} label="Deliveries of this event" within="event" />
      <LoadMore pages={deliveries} />
    </Panel>
  )
}

function EventDetails({ event }: { event: EventAsPosted }) {
  const { resource } = event
  return (
    <Panel title="Event">
      <div class="stack">
        <Facts
          items={[
            ['Id', <Id key="id" id={event.id} short />],
            ['Occurred', absolute(event.timestamp)],
            [
              'Resource',
              resource && (
                <a key="resource" href={href('/events', { resourceType: resource.type, resourceId: resource.id })}>
                  {`${resource.type} ${resource.id}`}
                </a>
              ),
            ],
            ['Project', event.project_id],
          ]}
        />
        <Json text={event.data} label="data" />
      </div>
    </Panel>
  )
}
