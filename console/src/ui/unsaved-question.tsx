import { useStore } from '../lib/store'
import { question } from '../router/guard'
import { Button } from './button'
import { CancelButton, Dialog } from './dialog'

/** Asks whether to discard the input of a form that is about to be left. */
export function UnsavedQuestion() {
  const open = useStore(question)
  if (!open) return null
  return (
    <Dialog
      title={open.title}
      // Closing the question keeps the input. The form below must not be asked about again.
      isQuestion
      onClose={() => question.set(null)}
      footer={
        <>
          <CancelButton>Keep editing</CancelButton>
          <Button variant="danger" onClick={open.discard}>
            Discard
          </Button>
        </>
      }
    >
      <p>What you entered has not been saved.</p>
    </Dialog>
  )
}
