import { ApiError } from '../../api/error'
import { useGet } from '../../api/hooks'
import type { Destination } from '../../api/types'
import { Message } from '../../ui/message/message'
import { Panel } from '../../ui/panel'
import { ErrorState, Skeleton } from '../../ui/states'

type To = Pick<Destination, 'channel_type' | 'destination'>

/** The message of a delivery, as people see it. A webhook has none: its request is shown elsewhere. */
export function MessagePanel({ id, destination }: { id: string; destination: To }) {
  if (destination.channel_type === 'webhook') return null
  return (
    <Panel title="Message" hint="As its receiver sees it">
      <DeliveryMessage id={id} destination={destination} />
    </Panel>
  )
}

/** The message of a delivery. The API writes it again from the event, with the code that sends it. */
export function DeliveryMessage({ id, destination }: { id: string; destination: To }) {
  const { data, error, mutate } = useGet('/v1/deliveries/{id}/preview', { params: { path: { id } } }, { once: true })
  if (data) return <Message kind={destination.channel_type} content={data.content} name={destination.destination} />
  if (error instanceof ApiError && error.status === 404) return <p class="muted">{error.message}</p>
  return error ? <ErrorState error={error} onRetry={() => void mutate()} /> : <Skeleton label="Loading the message" />
}
