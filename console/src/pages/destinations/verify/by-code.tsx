import { useEffect, useRef, useState } from 'preact/hooks'
import { sentence } from '../../../api/error'
import { clockOf, useCountdown } from '../../../lib/countdown'
import { missedSince } from '../../../lib/since'
import { Button } from '../../../ui/button'
import { DestinationFace } from '../../../ui/destination-label'
import { Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { CODE_LENGTH } from './code'
import { CodeField } from './code-field'
import { VerifyDone } from './done'
import type { VerifyProps } from './props'
import { useCode } from './use-code'

/** Sends a code to a mail address or a phone, and takes it back. */
export function ByCode({ destination, inRule, onClose }: VerifyProps) {
  const walk = useCode(destination)
  const [hasCode, setHasCode] = useState(false)
  // As it was before the verification, which ends it.
  const [since] = useState(missedSince(destination.health))
  const wait = useCountdown(walk.nextAt)
  const left = useCountdown(walk.expiresAt)
  const form = useRef<HTMLDivElement>(null)
  const typing = hasCode || walk.expiresAt !== null

  useEffect(() => {
    if (typing) form.current?.querySelector('input')?.focus()
  }, [typing, walk.expiresAt, walk.giving.error])

  if (walk.verified) {
    return <VerifyDone {...{ destination, inRule, onClose, since }} title="Verified" said="The code is right." />
  }
  const give = (code: string) => {
    if (code.length === CODE_LENGTH && !walk.giving.busy) void walk.giving.run(code)
  }
  const where = destination.channel_type === 'sms' ? 'text message' : 'mail'
  const again = wait > 0 ? `Another code can be sent in ${clockOf(wait)}.` : null
  return (
    <Dialog
      title="Verify destination"
      onClose={onClose}
      onSubmit={() => (typing ? give(walk.code) : void walk.sending.run())}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          {typing ? (
            <Button
              writes
              variant="primary"
              type="submit"
              busy={walk.giving.busy}
              offBecause={walk.code.length < CODE_LENGTH ? 'Write all six digits of the code first.' : null}
            >
              Verify
            </Button>
          ) : (
            <Button writes autofocus variant="primary" type="submit" busy={walk.sending.busy} offBecause={again}>
              Send code
            </Button>
          )}
        </>
      }
    >
      <DestinationFace of={destination} />
      <p>
        {walk.expiresAt === null
          ? `It gets a code of six digits by ${where}, which is good for ten minutes and five guesses.`
          : `A code is on its way by ${where}. Write it here.`}
      </p>
      {typing && (
        <div ref={form} class="stack-s">
          <CodeField
            value={walk.code}
            error={walk.giving.error ? sentence(walk.giving.error) : null}
            onValue={walk.setCode}
            onComplete={give}
          />
          <p class="field-hint" role="timer" aria-live="off">
            {walk.expiresAt !== null &&
              (left > 0 ? `The code is good for ${clockOf(left)} more.` : 'The code has expired. Send another.')}
          </p>
          <div class="row">
            <Button
              writes
              size="s"
              variant={walk.isUseless || (walk.expiresAt !== null && left === 0) ? 'primary' : 'secondary'}
              busy={walk.sending.busy}
              offBecause={again}
              onClick={() => void walk.sending.run()}
            >
              Send another code
            </Button>
            {wait > 0 && <span class="field-hint">{`in ${clockOf(wait)}`}</span>}
          </div>
        </div>
      )}
      {!typing && (
        <div class="row">
          <Button variant="quiet" size="s" onClick={() => setHasCode(true)}>
            I have a code
          </Button>
          {wait > 0 && <span class="field-hint">{again}</span>}
        </div>
      )}
      <FormError error={walk.sending.error} />
    </Dialog>
  )
}
