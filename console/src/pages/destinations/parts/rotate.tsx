import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { refresh } from '../../../api/changes'
import { type NewSecret, rotateSecret } from '../../../api/destination-actions'
import type { Destination } from '../../../api/types'
import { absolute } from '../../../lib/time'
import { toast } from '../../../lib/toasts'
import { Button } from '../../../ui/button'
import { CancelButton, Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { SecretDialog } from './secret-dialog'

/** The route that shows the secret of an endpoint at any time. */
const ENDPOINT_SECRET = '/v1/webhooks/endpoints/{id}/secret'

/** Rotates the secret of a webhook after confirmation, and shows the new one. */
export function RotateSecret({ destination, onClose }: { destination: Destination; onClose: () => void }) {
  const [newSecret, setNewSecret] = useState<NewSecret | null>(null)
  const staysReadable = destination.made_by === 'stack_auth'
  const rotate = useAction(
    async () => {
      const rotated = await rotateSecret(destination)
      if (!staysReadable) return setNewSecret(rotated)
      refresh(ENDPOINT_SECRET)
      toast.good('The endpoint has a new secret. The old secret also signs for 24 hours.')
      onClose()
    },
    { quiet: true },
  )
  if (newSecret) {
    return (
      <SecretDialog title="New signing secret" secret={newSecret.secret} madeBy={destination.made_by} onClose={onClose}>
        {newSecret.previousExpiresAt && (
          <p>{`The old secret also signs until ${absolute(newSecret.previousExpiresAt)}.`}</p>
        )}
      </SecretDialog>
    )
  }
  return (
    <Dialog
      title="Rotate the signing secret?"
      onClose={onClose}
      footer={
        <>
          <CancelButton />
          <Button writes variant="primary" autofocus busy={rotate.busy} onClick={() => void rotate.run()}>
            Rotate secret
          </Button>
        </>
      }
    >
      <p>
        {staysReadable
          ? 'The endpoint gets a new secret.'
          : 'The destination gets a new secret, which is shown only once.'}
      </p>
      <p>For 24 hours, both secrets sign each request, so that your receiver can switch without rejecting requests.</p>
      <FormError error={rotate.error} />
    </Dialog>
  )
}
