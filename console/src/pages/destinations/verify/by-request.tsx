import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { verify } from '../../../api/verification'
import { verifiedBy } from '../../../lib/abilities'
import { missedSince } from '../../../lib/since'
import { Button } from '../../../ui/button'
import { DestinationLabel } from '../../../ui/destination-label'
import { Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { VerifyDone } from './done'
import type { VerifyProps } from './props'
import { refreshHealth } from './refresh'

/** A webhook verifies itself by its answer to a signed request; a chat by taking a test message. */
export function ByRequest({ destination, inRule, onClose }: VerifyProps) {
  const [done, setDone] = useState(false)
  // As it was before the verification, which ends it.
  const [since] = useState(missedSince(destination.health))
  const isRequest = verifiedBy(destination) === 'request'
  const noun = isRequest ? 'test request' : 'test message'
  // A chat that was just added has nothing to prove: one only wants to see that it works.
  const isHealthy = destination.verified && since === null
  const send = useAction(
    async () => {
      await verify(destination)
      refreshHealth()
      setDone(true)
    },
    { quiet: true },
  )
  if (done) {
    const detail = isRequest ? 'It answered the signed request with a 2xx.' : 'It took the test message.'
    return (
      <VerifyDone
        {...{ destination, inRule, onClose, since }}
        title={isHealthy ? 'It works' : 'Verified'}
        detail={detail}
      />
    )
  }
  return (
    <Dialog
      title={isHealthy ? `Send a ${noun}` : 'Verify destination'}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button writes variant="primary" autofocus busy={send.busy} onClick={() => void send.run()}>
            {send.error ? 'Send again' : `Send ${noun}`}
          </Button>
        </>
      }
    >
      <DestinationLabel destination={destination} />
      <p>{isRequest ? requestText : isHealthy ? testText : retestText}</p>
      <FormError error={send.error} />
    </Dialog>
  )
}

const requestText =
  'The endpoint gets one signed request and must answer with a 2xx within ten seconds. Then it is healthy, and rules that it paused go on.'
const testText = 'See that it arrives before a rule depends on it.'
const retestText =
  'The destination gets a test message. When it takes it, it is healthy, and rules that it paused go on.'
