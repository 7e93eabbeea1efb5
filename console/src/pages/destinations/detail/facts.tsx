import { useGet } from '../../../api/hooks'
import type { Destination } from '../../../api/types'
import { ofProject } from '../../../api/upkeep'
import { href } from '../../../router/hash'
import { Id } from '../../../ui/id'
import { Facts, Panel } from '../../../ui/panel'
import { Time } from '../../../ui/time'

const belongings = {
  channel: 'A rule that was made with an address of its own',
  account: 'The account, whose own address it is',
}

export function DestinationFacts({ destination: of }: { destination: Destination }) {
  return (
    <Panel title="Details">
      <Facts
        of={[
          ['Address', of.name ? of.destination : null],
          ['Description', of.description],
          ['Belongs to', of.belongs_to ? belongings[of.belongs_to] : null],
          ['Project', of.project_id],
          ['Analyses', of.made_by === 'config' ? <Threshold destination={of} /> : null],
          ['Added', <Time key="added" at={of.created_at} />],
          ['Id', <Id key="id" id={of.destination_id} />],
          ['Id at its API', of.id === of.destination_id ? null : <Id key="own" id={of.id} />],
          [
            'Event types',
            of.made_by === 'stack_auth' ? <a href={href(`/webhooks/${of.id}`)}>Shown in Webhooks</a> : null,
          ],
        ]}
      />
    </Panel>
  )
}

/** From which severity on a project's channel gets the project's analyses. */
function Threshold({ destination }: { destination: Destination }) {
  const { data } = useGet('/v1/config/notifications/{id}', {
    params: { path: { id: destination.id }, header: ofProject(destination) },
  })
  return <>{data ? `All of the project from “${data.data.severityThreshold}” up` : '…'}</>
}
