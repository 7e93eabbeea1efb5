import { useCallback, useMemo } from 'preact/hooks'
import { useGet } from './hooks'
import type { DestinationKind } from './types'

/**
 * The kinds of destinations that can be added, in the API's order, each with its form. They are fetched once per
 * sign-in. `titleOf` returns the name of a kind for people, or the kind itself until the answer is there.
 */
export function useDestinationKinds() {
  const { data, error, mutate } = useGet('/v1/notifications/destination-kinds', undefined, { once: true })
  const kinds: DestinationKind[] = useMemo(() => data?.kinds ?? [], [data])
  const titleOf = useCallback((kind: string) => kinds.find(one => one.kind === kind)?.title ?? kind, [kinds])
  return { kinds, titleOf, error, isLoading: !data && !error, retry: () => void mutate() }
}
