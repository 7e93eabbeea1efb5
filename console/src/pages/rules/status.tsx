import { Ban, CircleCheck, CirclePause, ShieldQuestionMark } from 'lucide-preact'
import type { Rule } from '../../api/types'
import { Badge } from '../../ui/badge'
import { ruleStatuses } from './names'

const styles = {
  active: { label: 'Active', tone: 'green', icon: CircleCheck, description: 'It sends matching events.' },
  paused: {
    label: 'Paused',
    tone: 'amber',
    icon: CirclePause,
    description: 'One of its destinations is unhealthy. Matching events are held.',
  },
  unverified: {
    label: 'Not verified',
    tone: 'amber',
    icon: ShieldQuestionMark,
    description: 'Nothing is sent to an address until it is verified.',
  },
  disabled: { label: 'Disabled', tone: 'grey', icon: Ban, description: 'It matches no events.' },
} as const

export function RuleStatusBadges({ rule }: { rule: Pick<Rule, 'id' | 'enabled' | 'paused_by' | 'verified'> }) {
  return (
    <span class="rule-status">
      {ruleStatuses(rule).map(status => {
        const { label, tone, icon, description } = styles[status]
        return (
          <Badge key={status} tone={tone} icon={icon} title={description}>
            {label}
          </Badge>
        )
      })}
    </span>
  )
}
