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
  /** Other buttons, before "Done". */
  actions?: ComponentChildren
  children?: ComponentChildren
}

/** A dialog with a secret that is shown this once: a slip of the hand does not close it. */
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
        {warned && <Notice tone="bad">The secret is not shown again. Close once more if you have stored it.</Notice>}
      </div>
      <SecretOnce secret={secret} madeBy={madeBy}>
        {children}
      </SecretOnce>
    </Dialog>
  )
}
