import { useEffect, useRef } from 'preact/hooks'
import { usePages } from '../../api/hooks'
import type { Destination } from '../../api/types'
import { hasId } from '../../lib/destination-id'

/** The interval between requests while a destination is shown. Its traffic changes within seconds. */
const REFRESH_MS = 10_000
const ROUTE = '/v1/notifications/destinations'
const ALL_APIS = { params: { query: { made_by: 'any' as const, limit: 100 } } }

/** The destinations of all APIs, page by page. */
export const useAllDestinations = () => usePages(ROUTE, ALL_APIS, page => page.destinations as Destination[])

/** Finds a destination by its `ndst_…` id or its public id. Loads pages until it is found. */
export function useDestination(id: string) {
  const { rows, error, mutate, hasMore, loadMore, isLoadingMore } = useAllDestinations()
  const found: Destination | undefined = rows?.find(destination => hasId(destination, id))
  const loadsNext = rows !== undefined && !found && hasMore && !isLoadingMore && !error
  useEffect(() => {
    if (loadsNext) loadMore()
  }, [loadsNext, rows?.length])
  useReload(found ? mutate : null)
  return { destination: found, error, mutate, isMissing: rows !== undefined && !found && !hasMore }
}

/** Calls `reload` at intervals while the tab is visible. It reloads all pages; SWR's own interval reloads only one. */
function useReload(reload: (() => void) | null) {
  const latest = useRef(reload)
  latest.current = reload
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current?.()
    }, REFRESH_MS)
    return () => clearInterval(timer)
  }, [])
}
