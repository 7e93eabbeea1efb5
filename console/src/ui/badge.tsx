import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Clock,
  type LucideIcon,
  RotateCcw,
  ShieldQuestionMark,
  Unplug,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { DeliveryState, Health } from '../api/types'
import type { Tone } from '../lib/tone'
import './badge.css'

/** A colored label. Its text, and an icon where it helps, say the same as the color. */
export function Badge({
  tone = 'grey',
  icon: Icon,
  title,
  children,
}: {
  tone?: Tone
  icon?: LucideIcon
  title?: string | undefined
  children: ComponentChildren
}) {
  return (
    <span class={`badge badge-${tone}`} title={title}>
      {Icon && <Icon size={13} strokeWidth={2.25} aria-hidden="true" />}
      {children}
    </span>
  )
}

type StateStyle = { label: string; tone: Tone; icon: LucideIcon; description: string }

/** The look of each state of a delivery, in badges and charts. */
export const stateStyles: Record<DeliveryState, StateStyle> = {
  succeeded: { label: 'Succeeded', tone: 'green', icon: CircleCheck, description: 'The destination accepted it.' },
  failed: {
    label: 'Failed',
    tone: 'amber',
    icon: RotateCcw,
    description: 'An attempt failed. It will be retried.',
  },
  pending: { label: 'Pending', tone: 'grey', icon: Clock, description: 'On its way to the destination.' },
  held: {
    label: 'Held',
    tone: 'violet',
    icon: CirclePause,
    description: 'Waits until you recover or retry it.',
  },
  abandoned: {
    label: 'Abandoned',
    tone: 'red',
    icon: CircleX,
    description: 'No further attempts, unless you recover or retry it.',
  },
}

export function StateBadge({ state }: { state: DeliveryState }) {
  const style = stateStyles[state]
  return (
    <Badge tone={style.tone} icon={style.icon} title={style.description}>
      {style.label}
    </Badge>
  )
}

const severityTones: Record<string, Tone> = {
  info: 'grey',
  low: 'grey',
  medium: 'amber',
  warning: 'amber',
  high: 'red',
  critical: 'red',
}
const severityRanks: Record<string, number> = { info: 0, low: 1, medium: 2, warning: 2, high: 3, critical: 4 }

/** A severity with a bar icon. */
export function SeverityBadge({ severity }: { severity: string }) {
  const rank = severityRanks[severity] ?? 0
  return (
    <span class={`severity severity-${severityTones[severity] ?? 'grey'}`}>
      <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
        {[1, 2, 3, 4].map(bar => (
          <rect
            key={bar}
            x={(bar - 1) * 3.6}
            y={12 - bar * 3}
            width="2.4"
            height={bar * 3}
            rx="0.8"
            fill="currentColor"
            opacity={bar <= rank ? 1 : 0.25}
          />
        ))}
      </svg>
      {severity}
    </span>
  )
}

/** The health of a destination. Nothing is sent to it until it is verified. */
export function HealthBadge({
  health,
  verified = true,
  disabled = false,
  unused = false,
}: {
  health: Health | null | undefined
  verified?: boolean
  disabled?: boolean
  /** Whether nothing has been sent to it yet. */
  unused?: boolean | null | undefined
}) {
  if (disabled) return <Badge icon={Ban}>Disabled</Badge>
  if (!verified) {
    return (
      <Badge tone="amber" icon={ShieldQuestionMark} title="Nothing is sent to it until it is verified.">
        Not verified
      </Badge>
    )
  }
  if (health?.status === 'unhealthy') {
    return (
      <Badge tone="red" icon={CircleAlert} title={health.reason ?? undefined}>
        Unhealthy
      </Badge>
    )
  }
  if (unused) {
    return (
      <Badge icon={CircleDashed} title="Nothing has been sent to it yet.">
        New
      </Badge>
    )
  }
  return (
    <Badge tone="green" icon={CircleCheck}>
      Healthy
    </Badge>
  )
}

/** Shows that deliveries wait because a destination does not respond. Renders nothing while it does. */
export function BreakerBadge({ health }: { health: Health | null | undefined }) {
  const state = health?.breaker.state ?? 'closed'
  if (state === 'closed') return null
  return (
    <Badge tone="amber" icon={Unplug} title="Deliveries wait until it responds.">
      {state === 'open' ? 'Not responding' : 'Retrying'}
    </Badge>
  )
}
