import { CirclePause } from 'lucide-preact'
import { useDestinations } from '../../api/catalogue'
import type { Rule } from '../../api/types'
import { href } from '../../router/hash'
import { shortId } from '../../ui/id'
import { Notice } from '../../ui/states'
import { ruleStanding } from './names'

/** Why a rule does not send, and where that is mended. */
export function PausedNotice({ rule, isOff }: { rule: Rule; isOff: boolean }) {
  const { byId } = useDestinations()
  const stands = ruleStanding(rule)
  if (stands === 'active') return null
  if (isOff) return <Notice>It is switched off, and matches nothing.</Notice>
  if (stands === 'unverified') {
    return (
      <Notice tone="warn">
        Not all of its addresses are verified: nothing is sent to those that are not. Open them below to verify them.
      </Notice>
    )
  }
  return (
    <Notice tone="warn" icon={<CirclePause size={16} />}>
      It is paused while{' '}
      {rule.paused_by.map((id, index) => {
        const of = byId.get(id)
        return (
          <span key={id}>
            {index > 0 && ', '}
            <a href={href(`/destinations/${id}`)}>{of?.name || of?.destination || shortId(id)}</a>
          </span>
        )
      })}{' '}
      {rule.paused_by.length === 1 ? 'is' : 'are'} unhealthy. What it matches is held: verify the destination again,
      then recover what it missed.
    </Notice>
  )
}
