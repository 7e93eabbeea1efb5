import { useEffect, useRef, useState } from 'preact/hooks'
import { messageOf } from '../../../api/error'
import { formatCountdown, useCountdown } from '../../../lib/countdown'
import { missedSince } from '../../../lib/since'
import { Button } from '../../../ui/button'
import { DestinationLabel } from '../../../ui/destination-label'
import { CancelButton, Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { CODE_LENGTH } from './code'
import { CodeField } from './code-field'
import { VerifyDone } from './done'
import type { VerifyProps } from './props'
import { useCode } from './use-code'

/** Sends a code to an email address or a phone, and asks for it. */
export function ByCode({ destination, inRule, since: given, onClose }: VerifyProps) {
  const flow = useCode(destination)
  const [hasCode, setHasCode] = useState(false)
  // Remember it: the verification resets it.
  const [since] = useState(given ?? missedSince(destination.health))
  const secondsToWait = useCountdown(flow.nextAt)
  const secondsLeft = useCountdown(flow.expiresAt)
  const form = useRef<HTMLDivElement>(null)
  const typing = hasCode || flow.expiresAt !== null

  useEffect(() => {
    if (typing) form.current?.querySelector('input')?.focus()
  }, [typing, flow.expiresAt, flow.giving.error])

  if (flow.verified) {
    return <VerifyDone {...{ destination, inRule, onClose, since }} title="Verified" detail="The code is correct." />
  }
  const submit = (code: string) => {
    if (code.length === CODE_LENGTH && !flow.giving.busy) void flow.giving.run(code)
  }
  const medium = destination.channel_type === 'sms' ? 'text message' : 'email'
  const waitText = secondsToWait > 0 ? `You can request another code in ${formatCountdown(secondsToWait)}.` : null
  return (
    <Dialog
      title="Verify destination"
      onClose={onClose}
      discard={null}
      onSubmit={() => (typing ? submit(flow.code) : void flow.sending.run())}
      footer={
        <>
          <CancelButton>Not now</CancelButton>
          {typing ? (
            <Button
              writes
              variant="primary"
              type="submit"
              busy={flow.giving.busy}
              disabledReason={flow.code.length < CODE_LENGTH ? 'Enter all six digits of the code first.' : null}
            >
              Verify
            </Button>
          ) : (
            <Button writes autofocus variant="primary" type="submit" busy={flow.sending.busy} disabledReason={waitText}>
              Send code
            </Button>
          )}
        </>
      }
    >
      <DestinationLabel destination={destination} />
      <p>
        {flow.expiresAt === null
          ? `We send a code of six digits by ${medium}. It is valid for ten minutes and five attempts.`
          : `A code is on its way by ${medium}. Enter it here.`}
      </p>
      {typing && (
        <div ref={form} class="stack-s">
          <CodeField
            value={flow.code}
            error={flow.giving.error ? messageOf(flow.giving.error) : null}
            onValue={flow.setCode}
            onComplete={submit}
          />
          <p class="field-hint" role="timer" aria-live="off">
            {flow.expiresAt !== null &&
              (secondsLeft > 0
                ? `The code expires in ${formatCountdown(secondsLeft)}.`
                : 'The code has expired. Send another one.')}
          </p>
          <div class="row">
            <Button
              writes
              size="s"
              variant={flow.needsNewCode || (flow.expiresAt !== null && secondsLeft === 0) ? 'primary' : 'secondary'}
              busy={flow.sending.busy}
              disabledReason={waitText}
              onClick={() => void flow.sending.run()}
            >
              Send another code
            </Button>
            {secondsToWait > 0 && <span class="field-hint">{`in ${formatCountdown(secondsToWait)}`}</span>}
          </div>
        </div>
      )}
      {!typing && (
        <div class="row">
          <Button variant="quiet" size="s" onClick={() => setHasCode(true)}>
            I have a code
          </Button>
          {secondsToWait > 0 && <span class="field-hint">{waitText}</span>}
        </div>
      )}
      <FormError error={flow.sending.error} />
    </Dialog>
  )
}
