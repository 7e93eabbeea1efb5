import { type Attempt, type Delivery, type DeliveryState, STATES } from '../api/types'
import { period } from './period'

/** The filters of the list of deliveries that an address may hold. */
export const DELIVERY_FILTERS = ['state', 'destination_id', 'event_type', 'hours', 'since', 'until'] as const

const isState = (text: string | undefined): text is DeliveryState => STATES.includes(text as DeliveryState)

/** The query of `GET /v1/deliveries` for an address. What the API would refuse is left out. */
export function deliveryQuery(query: Record<string, string | undefined>, now: number) {
  return {
    ...(isState(query.state) ? { state: query.state } : {}),
    ...(query.destination_id ? { destination_id: query.destination_id } : {}),
    ...(query.event_type ? { event_type: query.event_type } : {}),
    ...period(query, now),
  }
}

const reasons: Record<string, string> = {
  rule_paused: 'Its rule was paused, because a destination of the rule is unhealthy.',
  destination_disabled: 'Its destination is switched off.',
  destination_deleted: 'Its destination is deleted.',
  not_sent: 'It could not be sent, for a reason on our side.',
  interrupted: 'Its sender stopped before it could tell how it ended.',
  suppressed: 'The address is suppressed: mails to it bounced, or were called spam.',
  bounced: 'The mail was sent and came back.',
  rejected: 'The mail service would not send the mail on.',
}

/** Why a delivery is held or abandoned, in a sentence; a word that is not known is shown as it is. */
export const reasonText = (reason: string | null | undefined): string | null =>
  reason ? (reasons[reason] ?? reason.replaceAll('_', ' ')) : null

/** What came of an attempt, in a word or two: `200`, `503`, `no answer`. */
export function outcome(attempt: Attempt): string {
  if (attempt.status) return String(attempt.status)
  return attempt.error ? 'no answer' : 'taken'
}

export const succeeded = (attempt: Attempt): boolean => !attempt.error

/** What may be asked of a delivery: those that wait for nobody are retried, others only when one insists. */
export const needsForce = ({ state }: Pick<Delivery, 'state'>): boolean => state === 'pending' || state === 'succeeded'

/** The mail of a delivery: it has the same letters behind another prefix. */
export const mailId = (deliveryId: string): string => deliveryId.replace(/^dlv_/, 'msg_')
