import { useMemo } from 'preact/hooks'
import { useGet } from './hooks'
import type { Destination, EventType } from './types'

/** All event types, each with the JSON Schema of its data. */
export function useEventTypes() {
  const { data, error, isLoading, mutate } = useGet('/v1/event-types', undefined, { refreshEvery: 0 })
  const types: EventType[] = useMemo(() => data?.event_types ?? [], [data])
  return { types, error, isLoading, retry: () => void mutate() }
}

/** The newest hundred destinations of all APIs, with their current health. `byId` finds one by its `ndst_…` id or its public id. */
export function useDestinations() {
  const { data, error, isLoading, mutate } = useGet('/v1/notifications/destinations', {
    params: { query: { made_by: 'any', limit: 100 } },
  })
  const destinations = useMemo(() => (data?.destinations ?? []) as Destination[], [data])
  const byId = useMemo(() => {
    const found = new Map<string, Destination>()
    for (const destination of destinations) {
      found.set(destination.id, destination)
      found.set(destination.destination_id, destination)
    }
    return found
  }, [destinations])
  return { destinations, byId, error, isLoading, mutate }
}
