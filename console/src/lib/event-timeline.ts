// The timeline of an event: its acceptance, the attempts of all deliveries, their results, and the next attempts.
import type { Attempt, Delivery, Event, TimelineItem } from '../api/types'
import { outcome, reasonText, succeeded } from './deliveries'
import { mailTone } from './mail'
import { duration } from './time'
import type { Tone } from './tone'

export type TimelineStep = {
  key: string
  kind: 'accepted' | 'nothing' | 'waiting' | 'delivered' | 'failed' | 'held' | 'abandoned' | 'next' | 'mail'
  tone: Tone
  at: string
  title: string
  detail: string | null
  delivery: Delivery | null
}

/** The part of an event that the timeline needs. */
export type Accepted = Pick<Event, 'created_at'>

/** The steps of mails, by the id of the delivery that sent them. */
export type Mails = ReadonlyMap<string, readonly TimelineItem[]>

/** All steps, sorted by time. `settled` means that no further deliveries can follow. */
export function eventTimeline(
  event: Accepted,
  deliveries: readonly Delivery[],
  mails: Mails,
  settled: boolean,
): TimelineStep[] {
  const steps = deliveries.flatMap(delivery => stepsOf(delivery, mails.get(delivery.id) ?? []))
  if (deliveries.length === 0 && settled) {
    steps.push({
      ...defaults,
      key: 'nothing',
      kind: 'nothing',
      at: event.created_at,
      title: 'No rule matched',
      detail: 'Nothing was sent. Create a rule for this event type, or lower the minimum severity of an existing rule.',
    })
  }
  // The sort is stable: steps of the same millisecond keep their order.
  return [accepted(event), ...steps.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))]
}

const defaults = { tone: 'grey', detail: null, delivery: null } satisfies Partial<TimelineStep>

const accepted = (event: Accepted): TimelineStep => ({
  ...defaults,
  key: 'accepted',
  kind: 'accepted',
  tone: 'blue',
  at: event.created_at,
  title: 'Event accepted',
  detail: null,
})

function stepsOf(delivery: Delivery, mail: readonly TimelineItem[]): TimelineStep[] {
  // The steps of a mail say more than the attempt that sent it.
  const shownAttempts = delivery.attempts.filter(attempt => mail.length === 0 || !succeeded(attempt))
  const attempts = shownAttempts.map(attempt => attemptStep(delivery, attempt))
  const mails = mail.map(
    (item, index): TimelineStep => ({
      ...defaults,
      key: `${delivery.id} mail ${index}`,
      kind: 'mail',
      tone: mailTone(item.type),
      at: item.createdAt,
      title: `Mail ${item.label.toLowerCase()}`,
      delivery,
    }),
  )
  const end = lastStep(delivery)
  return [...attempts, ...mails, ...(end ? [end] : [])]
}

function attemptStep(delivery: Delivery, attempt: Attempt): TimelineStep {
  const ok = succeeded(attempt)
  const took = duration(attempt.duration_ms)
  return {
    key: `${delivery.id} ${attempt.number}`,
    kind: ok ? 'delivered' : 'failed',
    tone: ok ? 'green' : 'amber',
    at: attempt.at,
    title: ok ? 'Delivered' : `Attempt ${attempt.number} failed`,
    detail: ok ? `Attempt ${attempt.number}: ${outcome(attempt)} in ${took}` : `${attempt.error} (${took})`,
    delivery,
  }
}

/** The step after the attempts: the next attempt, or why there will not be one. */
function lastStep(delivery: Delivery): TimelineStep | null {
  const last = delivery.attempts.at(-1)
  const at = last ? new Date(Date.parse(last.at) + last.duration_ms).toISOString() : delivery.created_at
  const base = { ...defaults, key: `${delivery.id} end`, at, delivery }
  switch (delivery.state) {
    case 'held':
      return { ...base, kind: 'held', tone: 'violet', title: 'Held', detail: reasonText(delivery.reason) }
    case 'abandoned':
      return { ...base, kind: 'abandoned', tone: 'red', title: 'Abandoned', detail: reasonText(delivery.reason) }
    case 'pending':
      return { ...base, kind: 'waiting', title: 'On its way' }
    case 'failed':
      return delivery.next_attempt_at
        ? { ...base, kind: 'next', at: delivery.next_attempt_at, title: 'Next attempt' }
        : null
    case 'succeeded':
      return null
  }
}
