import { useEffect } from 'preact/hooks'
import { usePages } from '../../api/hooks'
import type { Destination } from '../../api/types'
import { hasId } from '../../lib/destination-id'

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
  return { destination: found, error, mutate, isMissing: rows !== undefined && !found && !hasMore }
}
