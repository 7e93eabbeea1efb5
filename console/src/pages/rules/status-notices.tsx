import { CirclePause } from 'lucide-preact'
import type { Rule } from '../../api/types'
import { Notice } from '../../ui/states'
import { ruleStatuses } from './names'
import { DestinationLinks } from './waits-for'

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
  const one = rule.paused_by.length === 1
  return (
    <Notice tone="warn" icon={<CirclePause size={16} />}>
      This rule is paused while <DestinationLinks ids={rule.paused_by} /> {one ? 'is' : 'are'} unhealthy.{' '}
      {rule.enabled && 'Matching events are held. '}
      {one
        ? 'Verify the destination again, then recover the missed deliveries.'
        : 'It resumes when all of them are healthy: verify each again, then recover the missed deliveries.'}
    </Notice>
  )
}
