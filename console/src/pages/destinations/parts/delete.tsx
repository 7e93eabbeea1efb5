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

/** Asks for confirmation before deleting a destination, and shows the consequences for its rules. */
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
        toast.good(`The ${noun} was deleted.`)
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
          {`${plural(ruleCount, 'rule sends', 'rules send')} here. Deleting the destination does not change ${ruleCount === 1 ? 'it' : 'them'}: further deliveries to it are recorded as abandoned until you remove it from the ${ruleCount === 1 ? 'rule' : 'rules'}.`}
        </p>
      ) : (
        <p>No rule sends here.</p>
      )}
      <p>Pending deliveries are abandoned. Past deliveries are kept for 30 days.</p>
    </ConfirmDialog>
  )
}
