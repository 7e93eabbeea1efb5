import { useDestinations } from '../../api/catalogue'
import { useGet } from '../../api/hooks'
import type { DeliveryWithRequest } from '../../api/types'
import { mailId, reasonText } from '../../lib/deliveries'
import { href } from '../../router/hash'
import { StateBadge } from '../../ui/badge'
import { DestinationLabelById } from '../../ui/destination-label'
import { Id } from '../../ui/id'
import { Json } from '../../ui/json'
import { LoadError } from '../../ui/load-error'
import { MailTimeline } from '../../ui/mail-timeline'
import { Page } from '../../ui/page'
import { Facts, Panel } from '../../ui/panel'
import { Notice, Skeleton } from '../../ui/states'
import { Due, Time } from '../../ui/time'
import { DeliveryActions } from './actions'
import { Attempts } from './attempts'
import { MessagePanel } from './message'

const back = { label: 'Deliveries', href: href('/deliveries') }
const SOON_MS = 2000
const LATER_MS = 10_000

/** One delivery: its state, attempts and request, and buttons to send it again. */
export function DeliveryPage({ id }: { id: string }) {
  const { data, error, mutate } = useGet(
    '/v1/deliveries/{id}',
    { params: { path: { id } } },
    { refreshEvery: delivery => (delivery?.state === 'pending' ? SOON_MS : LATER_MS) },
  )
  if (!data) {
    return (
      <Page title="Delivery" back={back}>
        <Panel flush>
          {error ? (
            <LoadError error={error} onRetry={() => void mutate()} noun="delivery" list={back}>
              Deliveries are kept for 30 days.
            </LoadError>
          ) : (
            <Skeleton lines={8} label="Loading the delivery" />
          )}
        </Panel>
      </Page>
    )
  }
  return (
    <Page
      title={data.event_type}
      back={back}
      description={
        <span class="row">
          <StateBadge state={data.state} />
          <span>
            to <DestinationLabelById id={data.destination_id} />
          </span>
        </span>
      }
      actions={<DeliveryActions delivery={data} />}
    >
      {error && <Notice tone="warn">{`This may be out of date. ${error.message}`}</Notice>}
      {data.reason && (data.state === 'held' || data.state === 'abandoned') && (
        <Notice tone={data.state === 'held' ? 'info' : 'bad'}>{reasonText(data.reason)}</Notice>
      )}
      <div class="split">
        <Attempts delivery={data} />
        <Side delivery={data} />
      </div>
    </Page>
  )
}

function Side({ delivery }: { delivery: DeliveryWithRequest }) {
  const { byId } = useDestinations()
  const destination = byId.get(delivery.destination_id)
  const isMail = destination?.channel_type === 'email' || destination?.channel_type === 'ops_email'
  return (
    <div class="stack">
      <Panel title="Details">
        <Facts
          items={[
            ['Delivery', <Id key="id" id={delivery.id} short />],
            [
              'Event',
              <a key="event" href={href(`/events/${delivery.event_id}`)}>
                Show event and timeline
              </a>,
            ],
            [
              'Destination',
              <a key="to" href={href(`/destinations/${delivery.destination_id}`)}>
                Show destination
              </a>,
            ],
            ['Dispatched', <Time key="at" at={delivery.created_at} />],
            ['Attempts', delivery.attempt_count],
            ['Next attempt', delivery.next_attempt_at && <Due key="next" at={delivery.next_attempt_at} />],
          ]}
        />
      </Panel>
      {delivery.request && (
        <Panel title="Request">
          <div class="stack-s">
            <p class="request-line">
              <code>{`${delivery.request.method} ${delivery.request.url}`}</code>
            </p>
            <Json text={delivery.request.body} label="request body" />
          </div>
        </Panel>
      )}
      {destination && <MessagePanel id={delivery.id} destination={destination} />}
      {isMail && (
        <Panel title="Timeline of the mail">
          <MailTimeline id={mailId(delivery.id)} />
        </Panel>
      )}
    </div>
  )
}
