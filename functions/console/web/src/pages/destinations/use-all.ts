import { useEffect } from 'preact/hooks'
import { usePages } from '../../api/hooks'
import type { Destination } from '../../api/types'
import { hasId } from '../../lib/destination-id'

const ROUTE = '/v1/notifications/destinations'
const OF_EVERY_API = { params: { query: { made_by: 'any' as const, limit: 100 } } }

/** The destinations of every API, page by page. */
export const useAllDestinations = () => usePages(ROUTE, OF_EVERY_API, page => page.destinations)

/** One destination, by its id in deliveries and rules or by that of the API that made it: pages are read until it is found. */
export function useDestination(id: string) {
  const { rows, error, mutate, hasMore, loadMore, isLoadingMore } = useAllDestinations()
  const found: Destination | undefined = rows?.find(of => hasId(of, id))
  const goOn = rows !== undefined && !found && hasMore && !isLoadingMore && !error
  useEffect(() => {
    if (goOn) loadMore()
  }, [goOn, rows?.length])
  return { destination: found, error, mutate, isMissing: rows !== undefined && !found && !hasMore }
}
