import type { ComponentChildren } from 'preact'
import { useAction } from '../api/action'
import { Button } from './button'
import { CancelButton, Dialog } from './dialog'
import { FormError } from './states'

type Props = {
  title: string
  /** The consequences, and what cannot be undone. */
  children: ComponentChildren
  /** The text of the button: "Delete destination". */
  confirm: string
  danger?: boolean
  /** Called on confirmation. If it fails, the dialog stays open and shows the error. */
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks for confirmation. The dialog is open while it is mounted. */
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
          <CancelButton />
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
