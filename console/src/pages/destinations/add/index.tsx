import { useState } from 'preact/hooks'
import { refresh } from '../../../api/changes'
import { useDestinationKinds } from '../../../api/destination-kinds'
import { AreaContext } from '../../../api/whoami'
import { Dialog } from '../../../ui/dialog'
import { ErrorState, Skeleton } from '../../../ui/states'
import { VerifyDialog } from '../verify'
import type { Added } from './added'
import { AddedWebhook } from './added-webhook'
import { ChooseKind } from './choose'
import { findAdded } from './create'
import { AddForm } from './form'

type Props = {
  /** The kind whose form is open. Any other value opens the choice of kinds. */
  kind: string
  onKind: (kind: string) => void
  onClose: () => void
}

/** Adds a destination in steps: the kind, the form, then the secret or the verification. */
export function AddDestination({ kind, onKind, onClose }: Props) {
  const [added, setAdded] = useState<Added | null>(null)
  const { kinds, error, isLoading, retry } = useDestinationKinds()
  const form = kinds.find(one => one.kind === kind)
  if (added?.secret) return <AddedWebhook destination={added.destination} secret={added.secret} onClose={onClose} />
  if (added) return <VerifyDialog destination={added.destination} onClose={onClose} />
  if (kinds.length === 0) {
    return (
      <Dialog title="Add destination" wide onClose={onClose}>
        {isLoading ? (
          <Skeleton lines={6} label="Loading kinds of destinations" />
        ) : (
          <ErrorState error={error} onRetry={retry} />
        )}
      </Dialog>
    )
  }
  if (!form) return <ChooseKind kinds={kinds} onKind={onKind} onClose={onClose} />
  return (
    <AreaContext.Provider value={form.api}>
      <AddForm
        key={form.kind}
        form={form}
        onBack={() => onKind('choose')}
        onClose={onClose}
        onAdded={added => {
          refresh('/v1/notifications/destinations', '/v1/overview')
          void findAdded(added.destination.id).then(destination => {
            if (!destination) return
            setAdded(shown => shown && { ...shown, destination })
            refresh('/v1/notifications/destinations', '/v1/overview')
          })
          // The account's own address is already verified, so nothing is left to do.
          if (added.secret || !added.destination.verified || added.destination.made_by !== 'stack') setAdded(added)
          else onClose()
        }}
      />
    </AreaContext.Provider>
  )
}
