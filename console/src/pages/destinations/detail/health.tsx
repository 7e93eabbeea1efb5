import type { Destination } from '../../../api/types'
import { canManage, verifiedBy } from '../../../lib/abilities'
import { asSentence, plural } from '../../../lib/plural'
import { Button } from '../../../ui/button'
import { Notice } from '../../../ui/states'
import { Time } from '../../../ui/time'
import { pausedByOthers, RulesThatWait } from '../../rules/waits-for'
import { statusOf } from '../filter'
import { useRulesFor } from './use-rules'

type Props = { destination: Destination; onVerify: () => void }

/**
 * What is wrong with a destination, the consequences, and what to do. For a healthy one, the rules that others pause.
 */
export function HealthNotice({ destination, onVerify }: Props) {
  const status = statusOf(destination)
  const { rules, paused } = useRulesFor(destination)
  if (status === 'healthy') return <RulesThatWait rules={rules ?? []} destination={destination} />
  if (!canManage(destination)) return null
  if (status === 'disabled') {
    return <Notice>This destination is disabled. Its deliveries are held until you enable it and recover them.</Notice>
  }
  const verify = (
    <Button writes size="s" variant="primary" onClick={onVerify}>
      {status === 'unhealthy' ? 'Verify again' : 'Verify'}
    </Button>
  )
  if (status === 'unverified') {
    return (
      <Notice tone="warn" action={verify}>
        This destination is not verified. Until you verify it, nothing is sent to it and no new rule can target it.{' '}
        {paused.length > 0 &&
          `It pauses ${plural(paused.length, 'rule')}, whose events are held. After the verification, recover them.`}
      </Notice>
    )
  }
  const { since, reason } = destination.health ?? {}
  const shared = paused.filter(rule => pausedByOthers(rule, destination).length > 0).length
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
          ? `It pauses ${plural(paused.length, 'rule')}. Events that ${paused.length === 1 ? 'it matches' : 'they match'} are held.`
          : 'Deliveries to it are held.'}{' '}
        {shared > 0 && `${plural(shared, 'rule')} also ${shared === 1 ? 'waits' : 'wait'} for other destinations. `}
        {nextStep[verifiedBy(destination)]}
      </p>
    </Notice>
  )
}

const nextStep = {
  request: 'Fix the endpoint, verify it again, then recover the missed deliveries.',
  test: 'Fix the problem, verify it again with a test message, then recover the missed deliveries.',
  code: 'Verify the address again, then recover the missed deliveries.',
}
