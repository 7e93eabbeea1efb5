import { useEffect, useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { useDestinationKinds } from '../../../api/destination-kinds'
import type { Destination } from '../../../api/types'
import { missedSince } from '../../../lib/since'
import { Dialog } from '../../../ui/dialog'
import { ErrorState, Skeleton } from '../../../ui/states'
import { VerifyDialog } from '../verify'
import { editFields, type Stored } from './fields'
import { EditForm } from './form'
import type { Saved } from './saved'
import { fetchStored } from './stored'
import { EditSubscription } from './subscription'

type Props = { destination: Destination; onClose: () => void }

/** Edits a destination of any API. A new address is verified in a second step. */
export function EditDestination({ destination, onClose }: Props) {
  // Keep the first version: the address of `destination` changes when it is saved and fetched again.
  const [before] = useState(destination)
  const [unverified, setUnverified] = useState<{ verified: boolean; since: string | null } | null>(null)
  const onSaved = ({ verified, addressChanged }: Saved) => {
    if (!addressChanged) return onClose()
    // What is sent while the new address is not verified is held.
    setUnverified({ verified, since: missedSince(before.health) ?? (verified ? null : new Date().toISOString()) })
  }
  if (unverified) {
    const { verified, since } = unverified
    return <VerifyDialog destination={{ ...destination, verified }} since={since} onClose={onClose} />
  }
  if (before.made_by === 'mail' || before.made_by === 'stack_auth') {
    return <EditSubscription destination={before} onSaved={onSaved} onClose={onClose} />
  }
  return <EditByForm destination={before} onSaved={onSaved} onClose={onClose} />
}

/** Loads the form and the stored values, then shows them. */
function EditByForm({ destination, onSaved, onClose }: Props & { onSaved: (saved: Saved) => void }) {
  const { kinds, error, retry } = useDestinationKinds()
  const [stored, setStored] = useState<Stored | null>(null)
  const fields = editFields(destination, kinds)
  const load = useAction(async () => setStored(await fetchStored(destination, fields ?? [])), { quiet: true })
  const ready = fields !== null
  useEffect(() => {
    if (ready) void load.run()
  }, [ready])
  if (fields && stored) return <EditForm {...{ destination, fields, stored, onSaved, onClose }} />
  return (
    <Dialog title="Edit destination" onClose={onClose}>
      {load.error ? (
        <ErrorState error={load.error} onRetry={() => void load.run()} />
      ) : error ? (
        <ErrorState error={error} onRetry={retry} />
      ) : (
        <Skeleton lines={4} label="Loading the destination" />
      )}
    </Dialog>
  )
}
