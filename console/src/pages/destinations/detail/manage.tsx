import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { setEnabled } from '../../../api/destination-actions'
import type { Destination } from '../../../api/types'
import { canDisable, canLimit, canRotate } from '../../../lib/abilities'
import { absolute } from '../../../lib/time'
import { toast } from '../../../lib/toasts'
import { perSecond } from '../../../lib/traffic'
import { navigate } from '../../../router/hash'
import { Button } from '../../../ui/button'
import { Panel } from '../../../ui/panel'
import { DeleteDestination } from '../parts/delete'
import { LimitDialog } from '../parts/limit'
import { RotateSecret } from '../parts/rotate'
import { refreshHealth } from '../verify/refresh'

/** Settings of a destination. `listPath` is the page that lists it, shown after deletion. */
export function Manage({ destination, listPath = '/destinations' }: { destination: Destination; listPath?: string }) {
  const [open, setOpen] = useState<'limit' | 'rotate' | 'delete' | null>(null)
  const { disabled } = destination
  const close = () => setOpen(null)
  const toggle = useAction(async () => {
    await setEnabled(destination, disabled)
    refreshHealth()
    toast.good(disabled ? 'Enabled. Recover the missed deliveries.' : 'Disabled. Deliveries are held.')
  })
  return (
    <Panel title="Manage">
      <ul class="manage">
        {canRotate(destination) && (
          <li>
            <span class="manage-name">Signing secret</span>
            <span class="manage-what">
              {destination.previous_secret_expires_at
                ? `The old one signs too, until ${absolute(destination.previous_secret_expires_at)}.`
                : 'It signs every request.'}
            </span>
            <Button writes size="s" onClick={() => setOpen('rotate')}>
              Rotate
            </Button>
          </li>
        )}
        {canDisable(destination) && (
          <li>
            <span class="manage-name">{disabled ? 'Disabled' : 'Enabled'}</span>
            <span class="manage-what">Deliveries are held while it is disabled.</span>
            <Button writes size="s" busy={toggle.busy} onClick={() => void toggle.run()}>
              {disabled ? 'Enable' : 'Disable'}
            </Button>
          </li>
        )}
        {canLimit(destination) && (
          <li>
            <span class="manage-name">Maximum per second</span>
            <span class="manage-what">
              {destination.max_per_second ? perSecond(destination.max_per_second) : 'No limit'}
            </span>
            <Button writes size="s" onClick={() => setOpen('limit')}>
              Change
            </Button>
          </li>
        )}
        <li>
          <span class="manage-name">Delete</span>
          <span class="manage-what">This cannot be undone.</span>
          <Button writes size="s" variant="danger" onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </li>
      </ul>
      {open === 'limit' && <LimitDialog destination={destination} onClose={close} />}
      {open === 'rotate' && <RotateSecret destination={destination} onClose={close} />}
      {open === 'delete' && (
        <DeleteDestination
          destination={destination}
          onDeleted={() => navigate(listPath, {}, { replace: true })}
          onClose={close}
        />
      )}
    </Panel>
  )
}
