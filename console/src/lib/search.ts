import type { SearchResult } from '../api/types'
import { href } from '../router/hash'

/** The groups of results, in the order in which they are shown, which is that of the API. */
export const kindNames: Record<SearchResult['kind'], string> = {
  delivery: 'Deliveries',
  mail: 'Mails',
  destination: 'Destinations',
  rule: 'Rules',
  event: 'Events',
}

const ID = /^(?:evt|dlv|msg|ndst|nch|whk|ep)_[0-9A-HJKMNP-TV-Z]{26,52}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a text is written like an id, so that no more typing will follow. */
export const looksLikeId = (text: string): boolean => ID.test(text)

/** The page of a result. */
export function pageOf({ kind, id }: Pick<SearchResult, 'kind' | 'id'>): string {
  switch (kind) {
    case 'delivery':
      return href(`/deliveries/${id}`)
    case 'event':
      return href(`/events/${id}`)
    case 'mail':
      return href('/events', { messageId: id })
    case 'destination':
      return href(`/destinations/${id}`)
    case 'rule':
      return href(`/rules/${id}`)
  }
}
