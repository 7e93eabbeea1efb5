import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { refresh } from '../../../api/changes'
import { type NewSecret, rotateSecret } from '../../../api/keeping'
import type { Destination } from '../../../api/types'
import { absolute } from '../../../lib/time'
import { toast } from '../../../lib/toasts'
import { Button } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { SecretDialog } from './secret-dialog'

/** Where an endpoint's secret is read, at any time. */
const ENDPOINT_SECRET = '/v1/webhooks/endpoints/{id}/secret'

/** Gives a webhook another secret, after asking, and shows it. */
export function RotateSecret({ destination, onClose }: { destination: Destination; onClose: () => void }) {
  const [made, setMade] = useState<NewSecret | null>(null)
  const staysReadable = destination.made_by === 'stack_auth'
  const rotate = useAction(
    async () => {
      const made = await rotateSecret(destination)
      if (!staysReadable) return setMade(made)
      refresh(ENDPOINT_SECRET)
      toast.good('The endpoint has a new secret. The old secret also signs for 24 hours.')
      onClose()
    },
    { quiet: true },
  )
  if (made) {
    return (
      <SecretDialog title="New signing secret" secret={made.secret} madeBy={destination.made_by} onClose={onClose}>
        {made.previousExpiresAt && <p>{`The old secret signs too until ${absolute(made.previousExpiresAt)}.`}</p>}
      </SecretDialog>
    )
  }
  return (
    <Dialog
      title="Rotate the signing secret?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button writes variant="primary" autofocus busy={rotate.busy} onClick={() => void rotate.run()}>
            Rotate secret
          </Button>
        </>
      }
    >
      <p>
        {staysReadable ? 'The endpoint gets a new secret.' : 'The destination gets a new secret, which is shown once.'}
      </p>
      <p>Both secrets sign each request for 24 hours, so your receiver can switch without rejecting requests.</p>
      <FormError error={rotate.error} />
    </Dialog>
  )
}
