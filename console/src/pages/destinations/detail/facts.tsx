import { projectHeader } from '../../../api/destination-api'
import { useGet } from '../../../api/hooks'
import type { Destination } from '../../../api/types'
import { href } from '../../../router/hash'
import { Id } from '../../../ui/id'
import { Facts, Panel } from '../../../ui/panel'
import { Time } from '../../../ui/time'

const owners = {
  channel: 'A rule with its own address',
  account: 'The account',
}

export function DestinationFacts({ destination }: { destination: Destination }) {
  return (
    <Panel title="Details">
      <Facts
        items={[
          ['Address', destination.name ? destination.destination : null],
          ['Description', destination.description],
          ['Belongs to', destination.belongs_to ? owners[destination.belongs_to] : null],
          ['Project', destination.project_id],
          ['Analyses', destination.made_by === 'config' ? <Threshold destination={destination} /> : null],
          ['Added', <Time key="added" at={destination.created_at} />],
          ['Id', <Id key="id" id={destination.destination_id} />],
          [
            'Id in its API',
            destination.id === destination.destination_id ? null : <Id key="own" id={destination.id} />,
          ],
          [
            'Event types',
            destination.made_by === 'stack_auth' ? (
              <a href={href(`/webhooks/${destination.id}`)}>Shown in Webhooks</a>
            ) : null,
          ],
        ]}
      />
    </Panel>
  )
}

/** The minimum severity of the project's analyses that a project channel receives. */
function Threshold({ destination }: { destination: Destination }) {
  const { data } = useGet('/v1/config/notifications/{id}', {
    params: { path: { id: destination.id }, header: projectHeader(destination) },
  })
  return <>{data ? `Severity “${data.data.severityThreshold}” and up` : '…'}</>
}
