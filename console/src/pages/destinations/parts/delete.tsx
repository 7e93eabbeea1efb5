import { refresh } from '../../../api/changes'
import { deleteDestination } from '../../../api/destination-actions'
import { isChannelAddress } from '../../../api/destination-api'
import type { Destination } from '../../../api/types'
import { plural } from '../../../lib/plural'
import { toast } from '../../../lib/toasts'
import { ConfirmDialog } from '../../../ui/confirm'
import { DestinationLabel } from '../../../ui/destination-label'
import { useRulesFor } from '../detail/use-rules'

type Props = { destination: Destination; onDeleted: () => void; onClose: () => void }

/** Asks before a destination is deleted, and says what becomes of the rules that target it. */
export function DeleteDestination({ destination, onDeleted, onClose }: Props) {
  const { rules } = useRulesFor(destination)
  const ruleCount = rules?.length ?? 0
  const noun = destination.made_by === 'stack_auth' ? 'endpoint' : 'destination'
  return (
    <ConfirmDialog
      title={`Delete this ${noun}?`}
      confirm={`Delete ${noun}`}
      danger
      onClose={onClose}
      onConfirm={async () => {
        await deleteDestination(destination)
        toast.good(`The ${noun} is deleted.`)
        onDeleted()
        refresh(
          '/v1/notifications/destinations',
          '/v1/notifications/channels',
          '/v1/webhooks/endpoints',
          '/v1/overview',
        )
      }}
    >
      <DestinationLabel destination={destination} />
      {isChannelAddress(destination) ? (
        <p>This address belongs to a rule. Deleting it deletes the rule too.</p>
      ) : ruleCount > 0 ? (
        <p>
          {`${plural(ruleCount, 'rule sends', 'rules send')} here and ${ruleCount === 1 ? 'stays' : 'stay'}. What would go to this destination is then recorded as an abandoned delivery: take it out of the ${ruleCount === 1 ? 'rule' : 'rules'} as well.`}
        </p>
      ) : (
        <p>No rule sends here.</p>
      )}
      <p>Pending deliveries are abandoned. Past deliveries stay in the log for 30 days.</p>
    </ConfirmDialog>
  )
}
