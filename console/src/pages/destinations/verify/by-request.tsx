import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { verify } from '../../../api/verification'
import { verifiedBy } from '../../../lib/abilities'
import { missedSince } from '../../../lib/since'
import { Button } from '../../../ui/button'
import { DestinationLabel } from '../../../ui/destination-label'
import { CancelButton, Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { VerifyDone } from './done'
import type { VerifyProps } from './props'
import { refreshHealth } from './refresh'

/** Verifies a webhook with a signed request, or a chat with a test message. */
export function ByRequest({ destination, inRule, since: given, onClose }: VerifyProps) {
  const [done, setDone] = useState(false)
  // Remember it: the verification resets it.
  const [since] = useState(given ?? missedSince(destination.health))
  const isRequest = verifiedBy(destination) === 'request'
  const noun = isRequest ? 'test request' : 'test message'
  // A new chat needs no verification. The test only shows that it works.
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
    const detail = isRequest
      ? 'The endpoint answered the signed request with a 2xx status.'
      : 'The destination accepted the test message.'
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
          <CancelButton>Not now</CancelButton>
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
  'We send one signed request, which the endpoint must answer with a 2xx status within ten seconds. Then it is healthy, and rules that only it paused resume.'
const testText = 'Check that it arrives before you create a rule.'
const retestText =
  'We send a test message. If the destination accepts it, it is healthy, and rules that only it paused resume.'
