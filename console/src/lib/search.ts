import type { SearchResult } from '../api/types'

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

/** The path and the query of a result's page. */
export function pageOf({ kind, id }: Pick<SearchResult, 'kind' | 'id'>): [path: string, query?: { messageId: string }] {
  switch (kind) {
    case 'delivery':
      return [`/deliveries/${id}`]
    case 'event':
      return [`/events/${id}`]
    case 'mail':
      return ['/events', { messageId: id }]
    case 'destination':
      return [`/destinations/${id}`]
    case 'rule':
      return [`/rules/${id}`]
  }
}
