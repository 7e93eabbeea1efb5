import { CirclePause } from 'lucide-preact'
import { useDestinations } from '../../api/catalogue'
import type { Rule } from '../../api/types'
import { href } from '../../router/hash'
import { shortId } from '../../ui/id'
import { Notice } from '../../ui/states'
import { ruleStatuses } from './names'

/** Why a rule does not send, and how to fix it. */
export function StatusNotices({ rule }: { rule: Rule }) {
  const statuses = ruleStatuses(rule)
  return (
    <>
      {statuses.includes('disabled') && <Notice>This rule is disabled and matches no events.</Notice>}
      {statuses.includes('unverified') && (
        <Notice tone="warn">
          Some destinations are not verified and receive nothing. Open them below to verify them.
        </Notice>
      )}
      {statuses.includes('paused') && <Paused rule={rule} />}
    </>
  )
}

function Paused({ rule }: { rule: Rule }) {
  const { byId } = useDestinations()
  return (
    <Notice tone="warn" icon={<CirclePause size={16} />}>
      This rule is paused while{' '}
      {rule.paused_by.map((id, index) => {
        const of = byId.get(id)
        return (
          <span key={id}>
            {index > 0 && ', '}
            <a href={href(`/destinations/${id}`)}>{of?.name || of?.destination || shortId(id)}</a>
          </span>
        )
      })}{' '}
      {rule.paused_by.length === 1 ? 'is' : 'are'} unhealthy. {rule.enabled && 'Matching events are held. '}Verify{' '}
      {rule.paused_by.length === 1 ? 'the destination' : 'the destinations'} again, then recover the missed deliveries.
    </Notice>
  )
}
