import {
  CircleAlert,
  CircleCheck,
  CirclePause,
  CircleX,
  ClockAlert,
  type LucideIcon,
  ShieldQuestionMark,
} from 'lucide-preact'
import type { Attention } from '../../api/types'
import { href } from '../../router/hash'
import { ButtonLink } from '../../ui/button'
import { Panel } from '../../ui/panel'
import { Time } from '../../ui/time'
import './attention.css'

const styles: Record<Attention['kind'], { icon: LucideIcon; tone: string; action: string }> = {
  destination_unhealthy: { icon: CircleAlert, tone: 'red', action: 'Open destination' },
  rule_paused: { icon: CirclePause, tone: 'red', action: 'Open rule' },
  deliveries_overdue: { icon: ClockAlert, tone: 'amber', action: 'Open destination' },
  deliveries_abandoned: { icon: CircleX, tone: 'amber', action: 'Show deliveries' },
  deliveries_held: { icon: CirclePause, tone: 'violet', action: 'Show deliveries' },
  destination_unverified: { icon: ShieldQuestionMark, tone: 'grey', action: 'Verify' },
}

/** Problems that need attention, most urgent first. `span` is the time span for deliveries, such as `24 hours`. */
export function AttentionList({ items, span }: { items: Attention[]; span: string }) {
  if (items.length === 0) {
    return (
      <Panel>
        <p class="attention-calm">
          <CircleCheck size={17} aria-hidden="true" />
          {`Nothing in the last ${span} needs your attention.`}
        </p>
      </Panel>
    )
  }
  return (
    <Panel
      title="Needs attention"
      flush
      actions={
        items.some(isMissing) && (
          <ButtonLink size="s" variant="primary" href={href('/resume')}>
            Resume deliveries
          </ButtonLink>
        )
      }
    >
      <ol class="attention">
        {items.map(item => (
          <Item key={`${item.kind} ${item.destination_id} ${item.rule_id}`} item={item} />
        ))}
      </ol>
    </Panel>
  )
}

/** Whether deliveries may be missing that the page for resuming sends again. */
const isMissing = ({ kind }: Attention) => kind !== 'destination_unverified'

function Item({ item }: { item: Attention }) {
  const { icon: Icon, tone, action: todo } = styles[item.kind]
  return (
    <li class="attention-item">
      <span class={`attention-icon badge-${tone}`}>
        <Icon size={16} aria-hidden="true" />
      </span>
      <div class="attention-text">
        <p class="attention-title">{item.title}</p>
        <p class="muted">
          {item.detail}
          {item.since && (
            <>
              {' · '}
              <Time at={item.since} />
            </>
          )}
        </p>
      </div>
      <ButtonLink size="s" href={target(item)} aria-label={`${todo}: ${item.title}`}>
        {todo}
      </ButtonLink>
    </li>
  )
}

function target({ kind, destination_id, rule_id }: Attention): string {
  switch (kind) {
    case 'destination_unhealthy':
    case 'destination_unverified':
    case 'deliveries_overdue':
      return href(`/destinations/${destination_id ?? ''}`)
    case 'rule_paused':
      return href(`/rules/${rule_id ?? ''}`)
    case 'deliveries_abandoned':
      return href('/deliveries', { state: 'abandoned', destination_id })
    case 'deliveries_held':
      return href('/deliveries', { state: 'held', destination_id })
  }
}
