import { RotateCcw } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { useDestinationById } from '../../api/catalogue'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Delivery } from '../../api/types'
import { AreaContext } from '../../api/whoami'
import { needsForce } from '../../lib/deliveries'
import { toast } from '../../lib/toasts'
import { Button } from '../../ui/button'
import { ConfirmDialog } from '../../ui/confirm'
import { RecoverDialog } from '../../ui/recover-dialog'

async function retry(delivery: Delivery, force: boolean): Promise<void> {
  await call(api.POST('/v1/deliveries/{id}/retry', { params: { path: { id: delivery.id } }, body: { force } }))
  refresh('/v1/deliveries', '/v1/overview')
  toast.good('The retry is on its way. The next attempt appears here.')
}

/** Buttons that retry a delivery, or recover all deliveries that its destination missed. */
export function DeliveryActions({ delivery }: { delivery: Delivery }) {
  const [dialog, setDialog] = useState<'force' | 'recover' | null>(null)
  const retryNow = useAction(() => retry(delivery, false))
  const { destination, isDeleted } = useDestinationById(delivery.destination_id)
  const close = () => setDialog(null)
  const needsConfirmation = needsForce(delivery)
  return (
    <>
      <AreaContext.Provider value={destination?.made_by ?? 'any'}>
        <Button
          writes
          disabledReason={
            destination ? null : isDeleted ? 'The destination is deleted.' : 'The destination is still loading.'
          }
          onClick={() => setDialog('recover')}
        >
          Recover destination
        </Button>
      </AreaContext.Provider>
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
          confirm="Send again"
          onConfirm={() => retry(delivery, true)}
          onClose={close}
        >
          <p>
            {delivery.state === 'succeeded'
              ? 'This delivery has succeeded. The destination receives it again with the same id, so that it can detect the duplicate.'
              : 'This delivery is still on its way. It may arrive twice, with the same id.'}
          </p>
        </ConfirmDialog>
      )}
      {dialog === 'recover' && destination && (
        <RecoverDialog destination={destination} since={delivery.created_at} onClose={close} />
      )}
    </>
  )
}
