import { RotateCcw } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { useDestinations } from '../../api/catalogue'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Delivery } from '../../api/types'
import { needsForce } from '../../lib/deliveries'
import { toast } from '../../lib/toasts'
import { Button } from '../../ui/button'
import { ConfirmDialog } from '../../ui/confirm'
import { RecoverDialog } from '../../ui/recover-dialog'

async function retry(delivery: Delivery, force: boolean): Promise<void> {
  await call(api.POST('/v1/deliveries/{id}/retry', { params: { path: { id: delivery.id } }, body: { force } }))
  refresh('/v1/deliveries', '/v1/overview')
  toast.good('On its way again. Its next attempt shows here.')
}

/** Sends one delivery again, or all that its destination missed. */
export function DeliveryActions({ delivery }: { delivery: Delivery }) {
  const [dialog, setDialog] = useState<'force' | 'recover' | null>(null)
  const retryNow = useAction(() => retry(delivery, false))
  const { byId } = useDestinations()
  const destination = byId.get(delivery.destination_id)
  const close = () => setDialog(null)
  const needsConfirmation = needsForce(delivery)
  return (
    <>
      <Button
        writes
        disabledReason={
          destination ? null : 'Its destination is not among the newest hundred: recover it on its own page.'
        }
        onClick={() => setDialog('recover')}
      >
        Recover destination
      </Button>
      <Button
        writes
        variant={needsConfirmation ? 'secondary' : 'primary'}
        icon={<RotateCcw size={15} />}
        busy={retryNow.busy}
        onClick={() => (needsConfirmation ? setDialog('force') : void retryNow.run())}
      >
        {needsConfirmation ? 'Force retry' : 'Retry now'}
      </Button>
      {dialog === 'force' && (
        <ConfirmDialog
          title="Force a retry"
          confirm="Send once more"
          onConfirm={() => retry(delivery, true)}
          onClose={close}
        >
          <p>
            {delivery.state === 'succeeded'
              ? 'This delivery has arrived. Its destination gets it once more, with the same id, and should ignore it if it keeps track of ids.'
              : 'This delivery is on its way. It may arrive twice, with the same id.'}
          </p>
        </ConfirmDialog>
      )}
      {dialog === 'recover' && destination && (
        <RecoverDialog destination={destination} since={delivery.created_at} onClose={close} />
      )}
    </>
  )
}
