import { useEffect, useState } from 'preact/hooks'
import { useResend } from '../../api/resend'
import { type ResendFilter, sendable } from '../../lib/resend'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { deliveries, ResendCounts, ResendProgress } from '../../ui/resend'
import { FormError, Notice } from '../../ui/states'

/** Counts the deliveries that match a filter, and sends them again with progress and a button to stop. */
export function ResendDialog({ filter, onClose }: { filter: ResendFilter; onClose: () => void }) {
  // The list's time span moves on; the dialog keeps the one that it has counted.
  const [fixed] = useState(filter)
  const counting = useResend(true)
  const sending = useResend(false)
  const force = fixed.states?.includes('succeeded') ?? false
  const request = { filter: fixed, force }
  useEffect(() => {
    void counting.start(request)
  }, [])
  const total = sendable(counting.tally)
  const started = sending.phase !== 'idle'
  const ended = started && sending.phase !== 'running'
  const blocked =
    counting.phase === 'done' ? (total === 0 ? 'There is nothing to send again.' : null) : 'Wait for the count.'
  return (
    <Dialog
      title="Resend all that match"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{ended ? 'Close' : 'Cancel'}</Button>
          {(!started || sending.phase === 'stopped' || sending.phase === 'failed') && (
            <Button writes variant="primary" disabledReason={blocked} onClick={() => void sending.start(request)}>
              {started ? 'Send the rest' : counting.phase === 'done' ? `Resend ${deliveries(total)}` : 'Resend'}
            </Button>
          )}
        </>
      }
    >
      <p>{description(fixed)}</p>
      {force && (
        <Notice tone="warn">
          These deliveries have succeeded. Their destinations receive them again with the same id, so that they can
          detect the duplicates.
        </Notice>
      )}
      <p role="status">
        {counting.phase === 'done'
          ? `${deliveries(counting.tally.matched)} match.`
          : counting.phase === 'failed'
            ? 'The deliveries could not be counted.'
            : `Counting… ${deliveries(counting.tally.matched)} so far.`}
      </p>
      <ResendCounts tally={counting.tally} />
      <FormError error={counting.error} />
      <ResendProgress run={sending} total={total} />
    </Dialog>
  )
}

function description({ states }: ResendFilter): string {
  if (!states) return 'Held, failed and abandoned deliveries that match the filters of the list are sent again.'
  return `Deliveries in the state ${states.join(', ')} that match the filters of the list are sent again.`
}
