import { Ban, CircleCheck, CirclePause, ShieldQuestionMark } from 'lucide-preact'
import type { Rule } from '../../api/types'
import { Badge } from '../../ui/badge'
import { ruleStatuses } from './names'

const styles = {
  active: { label: 'Active', tone: 'green', icon: CircleCheck, means: 'It sends what it matches.' },
  paused: {
    label: 'Paused',
    tone: 'amber',
    icon: CirclePause,
    means: 'One of its destinations is unhealthy: what it matches is held.',
  },
  unverified: {
    label: 'Not verified',
    tone: 'amber',
    icon: ShieldQuestionMark,
    means: 'Nothing is sent to an address before it is verified.',
  },
  off: { label: 'Off', tone: 'grey', icon: Ban, means: 'It is disabled and matches no events.' },
} as const

export function RuleStatusBadges({ rule }: { rule: Pick<Rule, 'id' | 'enabled' | 'paused_by' | 'verified'> }) {
  return (
    <span class="rule-status">
      {ruleStatuses(rule).map(status => {
        const { label, tone, icon, means } = styles[status]
        return (
          <Badge key={status} tone={tone} icon={icon} title={means}>
            {label}
          </Badge>
        )
      })}
    </span>
  )
}
