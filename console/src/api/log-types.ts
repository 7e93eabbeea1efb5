import { useMemo } from 'preact/hooks'
import { isCustomType } from '../lib/event-types'
import { useGet } from './hooks'

/** How many of the newest events to look at. */
const NEWEST = 100

/** One's own event types, `custom.…`, among the newest events of the log. */
export function useOwnTypes(): string[] {
  const { data } = useGet('/v1/events', { params: { query: { limit: NEWEST } } }, { once: true })
  return useMemo(() => {
    const types = new Set(data?.events.map(({ type }) => type).filter(isCustomType))
    return [...types].sort()
  }, [data])
}
