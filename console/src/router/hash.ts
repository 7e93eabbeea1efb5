// Pages are addressed after `#`: the console has one path on the server, which does not know the pages.
import { useMemo, useSyncExternalStore } from 'preact/compat'

type Query = Record<string, string | number | null | undefined>

/** The number of navigations; 0 on the first page, where the browser sets the focus itself. */
let navigations = 0
addEventListener('hashchange', () => {
  navigations += 1
})
export const hasNavigated = (): boolean => navigations > 0

/** The path and the query of a hash. */
export function split(hash: string): { path: string; search: string } {
  const address = hash.replace(/^#/, '')
  const mark = address.indexOf('?')
  const path = mark < 0 ? address : address.slice(0, mark)
  return { path: path.startsWith('/') ? path : `/${path}`, search: mark < 0 ? '' : address.slice(mark + 1) }
}

/** The `href` of a page, without empty query values. */
export function href(path: string, query: Query = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()
  return `#${path}${search ? `?${search}` : ''}`
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

/** Goes to a page. With `replace`, the current page leaves the history. */
export function navigate(path: string, query: Query = {}, { replace = false } = {}): void {
  const to = href(path, query)
  if (!replace) {
    location.hash = to
    return
  }
  history.replaceState(null, '', to)
  // `replaceState` fires no event.
  dispatchEvent(new HashChangeEvent('hashchange'))
}

const path = () => split(location.hash).path
const search = () => split(location.hash).search

export const usePath = (): string => useSyncExternalStore(subscribe, path)

/** The location hook for wouter. */
export const useHashLocation = (): [string, (to: string) => void] => [usePath(), navigate]

/**
 * The query of the address, and a function that changes parts of it. Filters are stored there, so that views can be
 * linked.
 */
export function useQuery(): [Record<string, string>, (patch: Query) => void] {
  const text = useSyncExternalStore(subscribe, search)
  const query = useMemo(() => Object.fromEntries(new URLSearchParams(text)), [text])
  return [query, patch => navigate(path(), { ...query, ...patch }, { replace: true })]
}
