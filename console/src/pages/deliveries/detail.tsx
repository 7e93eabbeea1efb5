import { useDestinations } from '../../api/catalogue'
import { REFRESH_MS, useGet } from '../../api/hooks'
import type { DeliveryWithRequest } from '../../api/types'
import { mailId, reasonText } from '../../lib/deliveries'
import { asSentence } from '../../lib/plural'
import { href } from '../../router/hash'
import { Badge, StateBadge } from '../../ui/badge'
import { ButtonLink } from '../../ui/button'
import { DestinationLabelById } from '../../ui/destination-label'
import { Id } from '../../ui/id'
import { LoadError } from '../../ui/load-error'
import { MailTimeline } from '../../ui/mail-timeline'
import { Page } from '../../ui/page'
import { Facts, Panel } from '../../ui/panel'
import { Notice, Skeleton } from '../../ui/states'
import { Due, Time } from '../../ui/time'
import { DeliveryActions } from './actions'
import { Attempts } from './attempts'
import { MessagePanel } from './message'
import { RequestPanel } from './request'

const back = { label: 'Deliveries', href: href('/deliveries') }
const SOON_MS = 2000

/** One delivery: its state, attempts and request, and buttons to send it again. */
export function DeliveryPage({ id }: { id: string }) {
  const { data, error, mutate } = useGet(
    '/v1/deliveries/{id}',
    { params: { path: { id } } },
    { refreshEvery: delivery => (delivery?.state === 'pending' ? SOON_MS : REFRESH_MS) },
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
          {data.test && <Badge>Test</Badge>}
          <span>
            to <DestinationLabelById id={data.destination_id} />
          </span>
        </span>
      }
      actions={data.test ? undefined : <DeliveryActions delivery={data} />}
    >
      {error && <Notice tone="warn">{`This may be out of date. ${error.message}`}</Notice>}
      {data.test && (
        <Notice tone="info">
          This was a test or a verification. It has no event, is not repeated, and does not count for the health of the
          destination.
        </Notice>
      )}
      {data.reason && (data.state === 'held' || data.state === 'abandoned') && (
        <Notice tone={data.state === 'held' ? 'info' : 'bad'}>{reasonText(data.reason)}</Notice>
      )}
      <UnhealthyDestination delivery={data} />
      <div class="split">
        <Attempts delivery={data} />
        <Side delivery={data} />
      </div>
    </Page>
  )
}

/** Explains why a delivery did not arrive, if its destination is unhealthy. */
function UnhealthyDestination({ delivery }: { delivery: DeliveryWithRequest }) {
  const { byId } = useDestinations()
  const health = byId.get(delivery.destination_id)?.health
  if (delivery.state === 'succeeded' || health?.status !== 'unhealthy') return null
  return (
    <Notice
      tone="bad"
      action={
        <ButtonLink size="s" href={href(`/destinations/${delivery.destination_id}`)}>
          Open destination
        </ButtonLink>
      }
    >
      <strong>
        Its destination is unhealthy
        {health.since && (
          <>
            {' '}
            since <Time at={health.since} />
          </>
        )}
        .
      </strong>{' '}
      {health.reason && asSentence(health.reason)} Verify the destination again, then recover what it missed.
    </Notice>
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
              !delivery.test && (
                <a key="event" href={href(`/events/${delivery.event_id}`)}>
                  Show event and timeline
                </a>
              ),
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
      {delivery.request && <RequestPanel request={delivery.request} />}
      {destination && <MessagePanel id={delivery.id} destination={destination} />}
      {isMail && (
        <Panel title="Timeline of the mail">
          <MailTimeline id={mailId(delivery.id)} />
        </Panel>
      )}
    </div>
  )
}
