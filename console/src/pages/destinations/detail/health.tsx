import type { Destination } from '../../../api/types'
import { canManage, verifiedBy } from '../../../lib/abilities'
import { asSentence, plural } from '../../../lib/plural'
import { Button } from '../../../ui/button'
import { Notice } from '../../../ui/states'
import { Time } from '../../../ui/time'
import { statusOf } from '../filter'
import { useRulesFor } from './use-rules'

type Props = { destination: Destination; onVerify: () => void }

/** What is amiss with a destination, what follows from it, and what to do. Nothing when all is well. */
export function HealthNotice({ destination, onVerify }: Props) {
  const status = statusOf(destination)
  const { paused } = useRulesFor(destination)
  if (!canManage(destination) || status === 'healthy') return null
  if (status === 'disabled') {
    return <Notice>It is disabled. Its deliveries are held until you enable it and recover them.</Notice>
  }
  const verify = (
    <Button writes size="s" variant="primary" onClick={onVerify}>
      {status === 'unhealthy' ? 'Verify again' : 'Verify'}
    </Button>
  )
  if (status === 'unverified') {
    return (
      <Notice tone="warn" action={verify}>
        It is not verified. Nothing is sent to it, and rules cannot target it, until it is.
      </Notice>
    )
  }
  const { since, reason } = destination.health ?? {}
  return (
    <Notice tone="bad" action={verify}>
      <p>
        <strong>
          Unhealthy
          {since && (
            <>
              {' '}
              since <Time at={since} />
            </>
          )}
          .
        </strong>{' '}
        {reason && asSentence(reason)}
      </p>
      <p>
        {paused.length > 0
          ? `It pauses ${plural(paused.length, 'rule')}: what ${paused.length === 1 ? 'it' : 'they'} would send is held.`
          : 'What rules would send here is held.'}{' '}
        {nextStep[verifiedBy(destination)]}
      </p>
    </Notice>
  )
}

const nextStep = {
  request: 'Fix the endpoint, verify it again, then recover the deliveries that it missed.',
  test: 'Fix it, verify it again with a test message, then recover the deliveries that it missed.',
  code: 'Verify the address again, then recover what it missed.',
}
