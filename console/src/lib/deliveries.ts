import { type Attempt, type Delivery, type DeliveryState, STATES } from '../api/types'
import { period } from './period'

/** The filters for deliveries that the address of the page can contain. */
export const DELIVERY_FILTERS = ['state', 'destination_id', 'event_type', 'test', 'hours', 'since', 'until'] as const

const isState = (text: string | undefined): text is DeliveryState => STATES.includes(text as DeliveryState)

/** The query of `GET /v1/deliveries` for the address of the page, without values that the API would reject. */
export function deliveryQuery(query: Record<string, string | undefined>, now: number) {
  return {
    ...(isState(query.state) ? { state: query.state } : {}),
    ...(query.destination_id ? { destination_id: query.destination_id } : {}),
    ...(query.event_type ? { event_type: query.event_type } : {}),
    ...(query.test === 'true' || query.test === 'false' ? { test: query.test === 'true' } : {}),
    ...period(query, now),
  }
}

const reasons: Record<string, string> = {
  rule_paused: 'The rule is paused because one of its destinations is unhealthy.',
  destination_disabled: 'The destination is disabled.',
  destination_unverified: 'The address of the destination is not verified.',
  destination_deleted: 'The destination was deleted.',
  not_sent: 'It could not be sent because of an internal error.',
  interrupted: 'The sender stopped before it recorded the result.',
  suppressed: 'The address is suppressed because mail to it bounced or was reported as spam.',
  bounced: 'The mail bounced.',
  rejected: 'The mail service rejected the mail.',
}

/** Why a delivery is held or abandoned, as a sentence. Reasons that the console does not know are shown as they are. */
export const reasonText = (reason: string | null | undefined): string | null =>
  reason ? (reasons[reason] ?? reason.replaceAll('_', ' ')) : null

/** The result of an attempt in a word or two: `200`, `503`, `no response`. */
export function outcome(attempt: Attempt): string {
  if (attempt.status) return String(attempt.status)
  return attempt.error ? 'no response' : 'accepted'
}

export const succeeded = (attempt: Attempt): boolean => !attempt.error

/** Whether a retry needs `force`: the delivery is still on its way, or it has succeeded. */
export const needsForce = ({ state }: Pick<Delivery, 'state'>): boolean => state === 'pending' || state === 'succeeded'

/** The id of a delivery's mail. It differs only in its prefix. */
export const mailId = (deliveryId: string): string => deliveryId.replace(/^dlv_/, 'msg_')
