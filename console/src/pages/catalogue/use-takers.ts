import { useEffect, useMemo } from 'preact/hooks'
import { useGet, usePages } from '../../api/hooks'
import type { Endpoint, Rule } from '../../api/types'

const ALL = { params: { query: { limit: 100 } } }
/** Rules on one of these types get the events of both. */
const BLOCKED = ['agent.blocked', 'passport.blocked']

/** The rules and endpoints that take a type of event. */
export type Takers = { rules: Rule[]; endpoints: Endpoint[] }

/** Finds the rules and endpoints that take a type. Null while they load. */
export function useTakers() {
  const rules = usePages('/v1/notifications/channels', ALL, page => page.channels)
  const endpoints = usePages('/v1/webhooks/endpoints', ALL, page => page.endpoints)
  useRest(rules)
  useRest(endpoints)
  const loaded = rules.rows !== undefined && !rules.hasMore && (endpoints.rows !== undefined || endpoints.error)
  return useMemo(
    () => ({
      error: rules.error,
      rules: rules.rows ?? [],
      of: (type: string): Takers | null =>
        loaded
          ? {
              rules: (rules.rows ?? []).filter(({ events }) => takes(events, type)),
              endpoints: (endpoints.rows ?? []).filter(endpoint => isOfStackAuth(type) && takesAll(endpoint, type)),
            }
          : null,
    }),
    [rules.rows, rules.error, endpoints.rows, loaded],
  )
}

function useRest(pages: {
  hasMore: boolean
  isLoadingMore: boolean
  error: unknown
  rows: unknown[] | undefined
  loadMore: () => void
}) {
  const { hasMore, isLoadingMore, error, rows, loadMore } = pages
  useEffect(() => {
    if (hasMore && !isLoadingMore && !error) loadMore()
  }, [hasMore, isLoadingMore, rows?.length])
}

/** Whether a rule on these types takes events of a type. */
export const takes = (events: readonly string[], type: string): boolean =>
  events.includes(type) || (BLOCKED.includes(type) && events.some(event => BLOCKED.includes(event)))

const isOfStackAuth = (type: string) => /^(user|team|team_membership|team_permission)\./.test(type)

/** An endpoint without a list takes all types of Stack Auth. */
const takesAll = ({ event_types }: Endpoint, type: string) => !event_types?.length || event_types.includes(type)

/** The `custom.…` types of the newest events. */
export function useSeenTypes(): string[] {
  const { data } = useGet('/v1/events', ALL)
  return useMemo(() => [...new Set((data?.events ?? []).map(event => event.type).filter(isCustom))].sort(), [data])
}

export const isCustom = (type: string): boolean => type.startsWith('custom.')
