import type { ComponentChildren } from 'preact'
import { useAction } from '../api/action'
import { Button } from './button'
import { Dialog } from './dialog'
import { FormError } from './states'

type Props = {
  title: string
  /** What will happen, and what cannot be undone. */
  children: ComponentChildren
  /** The verb on the button: "Delete destination". */
  confirm: string
  danger?: boolean
  /** Done on confirmation; the dialog stays open with the server's sentence when it fails. */
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks before something is done that matters. Mounted means open. */
export function ConfirmDialog({ title, children, confirm, danger, onConfirm, onClose }: Props) {
  const action = useAction(
    async () => {
      await onConfirm()
      onClose()
    },
    { quiet: true },
  )
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button writes variant={danger ? 'danger' : 'primary'} busy={action.busy} onClick={() => void action.run()}>
            {confirm}
          </Button>
        </>
      }
    >
      <div class="stack-s">{children}</div>
      <FormError error={action.error} />
    </Dialog>
  )
}
