import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { MadeBy } from '../../../api/types'
import { Button } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { Notice } from '../../../ui/states'
import { SecretOnce } from './secret-once'

type Props = {
  title: string
  secret: string
  madeBy: MadeBy
  onClose: () => void
  /** Buttons before the primary one. */
  actions?: ComponentChildren
  children?: ComponentChildren
}

/** Shows a secret that cannot be shown again. Closing the dialog needs a second click or key press. */
export function SecretDialog({ title, secret, madeBy, onClose, actions, children }: Props) {
  const [warned, setWarned] = useState(false)
  return (
    <Dialog
      title={title}
      wide
      onClose={() => (warned ? onClose() : setWarned(true))}
      footer={
        <>
          {actions}
          <Button variant="primary" onClick={onClose}>
            I have stored it
          </Button>
        </>
      }
    >
      <div role="alert" class={warned ? '' : 'hidden'}>
        {warned && (
          <Notice tone="bad">
            The secret will not be shown again. If you have stored it, close the dialog once more.
          </Notice>
        )}
      </div>
      <SecretOnce secret={secret} madeBy={madeBy}>
        {children}
      </SecretOnce>
    </Dialog>
  )
}
