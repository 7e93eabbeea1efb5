import { CircleAlert, CircleCheck, CirclePause, CircleX, Clock, type LucideIcon, Mail, Minus, Zap } from 'lucide-preact'
import { useDestinations } from '../../api/catalogue'
import { useMailTimelines } from '../../api/mail-timelines'
import type { Delivery } from '../../api/types'
import { mailId } from '../../lib/deliveries'
import { type Accepted, eventTimeline, type TimelineStep } from '../../lib/event-timeline'
import { clock, duration } from '../../lib/time'
import { href } from '../../router/hash'
import { DestinationLabelById } from '../../ui/destination-label'
import { Due } from '../../ui/time'
import { Timeline, TimelineEntry } from '../../ui/timeline'
import './life.css'

const icons: Record<TimelineStep['kind'], LucideIcon> = {
  accepted: Zap,
  nothing: Minus,
  waiting: Clock,
  delivered: CircleCheck,
  failed: CircleAlert,
  held: CirclePause,
  abandoned: CircleX,
  next: Clock,
  mail: Mail,
}

/** The timeline of an event: its acceptance, and the attempts, mails and results of all deliveries. */
export function EventTimeline({
  event,
  deliveries,
  settled,
}: {
  event: Accepted
  deliveries: Delivery[]
  settled: boolean
}) {
  const { byId } = useDestinations()
  const sentAsMail = deliveries.filter(({ destination_id }) =>
    ['email', 'ops_email'].includes(byId.get(destination_id)?.channel_type ?? ''),
  )
  const timelines = useMailTimelines(sentAsMail.map(({ id }) => mailId(id)))
  const mails = new Map(sentAsMail.map(({ id }) => [id, timelines.get(mailId(id)) ?? []]))
  return (
    <Timeline label="Timeline, oldest first">
      {eventTimeline(event, deliveries, mails, settled).map(step => (
        <TimelineEntry key={step.key} icon={icons[step.kind]} tone={step.tone}>
          <div class="life-head">
            <p class="life-title">
              {step.delivery ? <a href={href(`/deliveries/${step.delivery.id}`)}>{step.title}</a> : step.title}
            </p>
            <p class="life-at">{step.kind === 'next' ? <Due at={step.at} /> : <At step={step} event={event} />}</p>
          </div>
          {step.delivery && (
            <p class="life-to">
              <DestinationLabelById id={step.delivery.destination_id} />
            </p>
          )}
          {step.detail && <p class="life-detail">{step.detail}</p>}
        </TimelineEntry>
      ))}
    </Timeline>
  )
}

/** The time of day, and how long after the event was accepted. */
function At({ step, event }: { step: TimelineStep; event: Accepted }) {
  const after = Date.parse(step.at) - Date.parse(event.created_at)
  return (
    <>
      {after > 0 && <span class="life-after">{`+${duration(after)}`}</span>}
      <time dateTime={step.at}>{clock(step.at)}</time>
    </>
  )
}
