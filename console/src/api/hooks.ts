import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch'
import type { PathsWithMethod } from 'openapi-typescript-helpers'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import useSWR from 'swr'
import useSWRInfinite from 'swr/infinite'
import { loadedPages, rememberPages } from '../router/places'
import { useRefreshed } from './changes'
import { api, call, callText } from './client'
import type { Paths } from './types'

type GetPath = PathsWithMethod<Paths, 'get'>
type Init<P extends GetPath> = MaybeOptionalInit<Paths[P], 'get'>
// biome-ignore lint/suspicious/noExplicitAny: the constraint of openapi-fetch's own type
type Operation<P extends GetPath> = Paths[P] extends { get: infer G extends Record<string | number, any> } ? G : never
// biome-ignore lint/complexity/noBannedTypes: openapi-fetch's type for "no options"
type Data<P extends GetPath> = NonNullable<FetchResponse<Operation<P>, {}, 'application/json'>['data']>

// The callers' types check that path and options match. Here, TypeScript cannot.
const get = api.GET as unknown as <D>(path: string, init: unknown) => Promise<{ data?: D; response: Response }>

/** The interval in milliseconds between requests for what a page shows, unless `refreshEvery` is set. */
export const REFRESH_MS = 15_000

type Options<D> = {
  /**
   * The interval in milliseconds between requests while the tab is visible; 0 turns them off. By default, everything
   * that is shown is at most 15 seconds old.
   */
  refreshEvery?: number | ((data: D | undefined) => number)
  /**
   * Whether to show the previous answer while a new query loads. Use it for filters of a list, not for another
   * resource.
   */
  keepPrevious?: boolean
}

type Once = {
  /** Fetches once. Use it for answers that change only with a deployment. */
  once?: boolean
}

type Read<D> = {
  /** Parses the text of the answer. All callers of a path share a cache, so pass the same function everywhere. */
  read?: (text: string) => D
}

/**
 * Fetches a GET route and caches the answer. Fetches again at intervals while the tab is visible, and when it regains
 * focus. An equal answer renders nothing again. `null` fetches nothing.
 */
export function useGet<P extends GetPath, D = Data<P>>(
  path: P | null,
  init?: Init<P>,
  options: Options<D> & Read<D> & Once = {},
) {
  const { read } = options
  const answer = useSWR<D, Error>(
    path === null ? null : [path, init ?? null],
    ([path, init]: [P, object | null]) =>
      read ? callText(get<string>(path, { ...init, parseAs: 'text' }), read) : call(get<D>(path, init ?? {})),
    {
      refreshInterval: options.refreshEvery ?? (options.once ? 0 : REFRESH_MS),
      keepPreviousData: options.keepPrevious ?? false,
      ...(options.once ? { revalidateIfStale: false, revalidateOnFocus: false, revalidateOnReconnect: false } : {}),
    },
  )
  useRefreshed(path, answer.mutate)
  return answer
}

/**
 * The maximum number of loaded pages of a list that keeps itself up to date. A new row on the first page changes the
 * cursors of all others, so a longer list would load every page again.
 */
const MAX_FRESH = 4

type Paged = { next_cursor?: string | null }

/**
 * Fetches a list page by page, and fetches the loaded pages again at intervals while the tab is visible. The interval
 * grows with their number, so a long list costs no more requests than a short one. `rows` extracts the rows of a page.
 */
export function usePages<P extends GetPath, Row>(
  path: P | null,
  init: Init<P>,
  rows: (page: Data<P>) => Row[],
  options: Omit<Options<Data<P>>, 'refreshEvery'> & { refreshEvery?: number } = {},
) {
  const size = useRef(1)
  const pages = useSWRInfinite<Data<P>, Error>(
    (index: number, before: Paged | null) => {
      if (path === null || (index > 0 && !before?.next_cursor)) return null
      return [path, init ?? null, before?.next_cursor ?? null]
    },
    ([path, init, cursor]: [P, { params?: { query?: object } } | null, string | null]) =>
      call(
        get<Data<P>>(path, {
          ...init,
          params: { ...init?.params, query: { ...init?.params?.query, ...(cursor ? { cursor } : {}) } },
        }),
      ),
    {
      keepPreviousData: options.keepPrevious ?? false,
      revalidateFirstPage: size.current <= MAX_FRESH,
      initialSize: path === null ? 1 : loadedPages(path),
    },
  )
  size.current = pages.size
  useRefreshed(path, pages.mutate)
  // The interval of SWR would fetch only the first page again.
  const every = (options.refreshEvery ?? REFRESH_MS) * Math.max(pages.data?.length ?? 1, 1)
  useWhileVisible(path === null || pages.error ? 0 : every, () => void pages.mutate())
  const all = useMemo(() => pages.data?.flatMap(rows), [pages.data])
  const last = pages.data?.at(-1) as Paged | undefined
  return {
    rows: all,
    error: pages.error,
    isLoading: pages.isLoading,
    /** Whether a further page is loading. */
    isLoadingMore: pages.isValidating && pages.size > (pages.data?.length ?? 0),
    hasMore: Boolean(last?.next_cursor),
    loadMore: () => {
      if (path !== null) rememberPages(path, pages.size + 1)
      void pages.setSize(pages.size + 1)
    },
    mutate: () => void pages.mutate(),
  }
}

/** Calls `run` at this interval in milliseconds, except while the tab is hidden. 0 turns it off. */
function useWhileVisible(everyMs: number, run: () => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    if (everyMs === 0) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
}
