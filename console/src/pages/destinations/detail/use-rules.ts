import { useEffect, useMemo } from 'preact/hooks'
import { usePages } from '../../../api/hooks'
import type { Destination } from '../../../api/types'
import { hasId } from '../../../lib/destination-id'
import { targets } from './targets'

const ALL = { params: { query: { limit: 100 } } }

/** The rules that target a destination, and those that it pauses, alone or with others. Loads all pages. */
export function useRulesFor(destination: Destination) {
  const { rows, error, mutate, hasMore, loadMore, isLoadingMore } = usePages(
    '/v1/notifications/channels',
    ALL,
    page => page.channels,
  )
  useEffect(() => {
    if (hasMore && !isLoadingMore && !error) loadMore()
  }, [hasMore, isLoadingMore, rows?.length])
  const rules = useMemo(() => rows?.filter(rule => targets(rule, destination)), [rows, destination])
  const pauses = destination.health?.status === 'unhealthy' || !destination.verified
  const paused = useMemo(
    () => (pauses ? (rules?.filter(rule => rule.paused_by.some(id => hasId(destination, id))) ?? []) : []),
    [rules, pauses, destination],
  )
  return { rules, paused, error, mutate }
}
