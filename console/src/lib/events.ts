import { STACK_SEVERITIES } from '../api/types'
import { period } from './period'

/** The filters for events that the address of the page can contain. */
export const EVENT_FILTERS = [
  'type',
  'severity',
  'resourceType',
  'resourceId',
  'messageId',
  'hours',
  'since',
  'until',
] as const

/** The query of `GET /v1/events` for the address of the page. */
export function eventQuery(query: Record<string, string | undefined>, now: number) {
  const { since, until } = period(query, now)
  return {
    ...(query.type ? { type: query.type } : {}),
    ...(STACK_SEVERITIES.some(name => name === query.severity) ? { severity: query.severity ?? '' } : {}),
    ...(query.resourceType ? { resourceType: query.resourceType } : {}),
    ...(query.resourceId ? { resourceId: query.resourceId } : {}),
    ...(query.messageId ? { messageId: query.messageId } : {}),
    ...(since ? { from: since } : {}),
    ...(until ? { to: until } : {}),
  }
}
