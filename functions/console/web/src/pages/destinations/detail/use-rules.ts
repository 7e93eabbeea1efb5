import { useEffect, useMemo } from 'preact/hooks'
import { usePages } from '../../../api/hooks'
import type { Destination, Rule } from '../../../api/types'
import { isChannels } from '../../../api/upkeep'

const ALL = { params: { query: { limit: 100 } } }

/** Whether a rule sends to a destination, however it names it. */
export function targets(rule: Rule, destination: Pick<Destination, 'id' | 'destination_id' | 'belongs_to'>): boolean {
  if (isChannels(destination)) return rule.id === destination.id
  return rule.destination_ids.some(id => id === destination.id || id === destination.destination_id)
}

/** The rules that target a destination, and those of them that it pauses. All pages are read. */
export function useRulesOf(destination: Destination) {
  const { rows, error, mutate, hasMore, loadMore, isLoadingMore } = usePages(
    '/v1/notifications/channels',
    ALL,
    page => page.channels,
  )
  useEffect(() => {
    if (hasMore && !isLoadingMore && !error) loadMore()
  }, [hasMore, isLoadingMore, rows?.length])
  const rules = useMemo(() => rows?.filter(rule => targets(rule, destination)), [rows, destination])
  const unhealthy = destination.health?.status === 'unhealthy'
  const paused = useMemo(
    () => (unhealthy ? (rules?.filter(rule => rule.paused_by.length > 0) ?? []) : []),
    [rules, unhealthy],
  )
  return { rules, paused, error, mutate }
}
