import { useEffect, useMemo } from 'preact/hooks'
import useSWR from 'swr'
import { useRefreshed } from './changes'
import { api, call } from './client'
import { REFRESH_MS, useGet } from './hooks'
import type { Destination, EventType } from './types'

/** All event types, each with the JSON Schema of its data. */
export function useEventTypes() {
  const { data, error, isLoading, mutate } = useGet('/v1/event-types', undefined, { refreshEvery: 0 })
  const types: EventType[] = useMemo(() => data?.event_types ?? [], [data])
  return { types, error, isLoading, retry: () => void mutate() }
}

const ROUTE = '/v1/notifications/destinations'
/** The maximum number of pages of a hundred destinations to load. */
const MAX_PAGES = 50

async function loadAll(): Promise<{ destinations: Destination[]; isComplete: boolean }> {
  const destinations: Destination[] = []
  let cursor: string | null = null
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = { made_by: 'any' as const, limit: 100, ...(cursor ? { cursor } : {}) }
    const answer: { destinations: unknown[]; next_cursor?: string | null } = await call(
      api.GET(ROUTE, { params: { query } }),
    )
    destinations.push(...(answer.destinations as Destination[]))
    cursor = answer.next_cursor ?? null
    if (cursor === null) return { destinations, isComplete: true }
  }
  return { destinations, isComplete: false }
}

/**
 * All destinations of all APIs, up to 5,000. `byId` finds one by its `ndst_…` id or its public id. `isComplete` is false
 * if there are more.
 */
export function useDestinations() {
  const { data, error, isLoading, isValidating, mutate } = useSWR<Awaited<ReturnType<typeof loadAll>>, Error>(
    [ROUTE, 'all'],
    loadAll,
    { refreshInterval: REFRESH_MS },
  )
  useRefreshed(ROUTE, mutate)
  const destinations = useMemo(() => data?.destinations ?? [], [data])
  const byId = useMemo(() => {
    const found = new Map<string, Destination>()
    for (const destination of destinations) {
      found.set(destination.id, destination)
      found.set(destination.destination_id, destination)
    }
    return found
  }, [destinations])
  return { destinations, byId, isComplete: data?.isComplete ?? false, error, isLoading, isValidating, mutate }
}

/** Ids that were not in the list, and for which the list was loaded again. */
const missing = new Set<string>()

/** Finds a destination. It counts as deleted only if it is missing from a complete list that was loaded after its id. */
export function useDestinationById(id: string): { destination: Destination | undefined; isDeleted: boolean } {
  const { byId, isComplete, isValidating, error, mutate } = useDestinations()
  const destination = byId.get(id)
  const isMissing = !destination && isComplete && !isValidating && !error
  useEffect(() => {
    if (!isMissing || missing.has(id)) return
    missing.add(id)
    void mutate()
  }, [isMissing, id])
  return { destination, isDeleted: isMissing && missing.has(id) }
}
