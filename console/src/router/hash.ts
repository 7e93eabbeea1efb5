// The address after `#`: the console is served from one path of the API, so that no server has to know its pages.
import { useMemo, useSyncExternalStore } from 'preact/compat'

type Query = Record<string, string | number | null | undefined>

/** What changed between pages so far; 0 on the first, where the browser has put the focus already. */
let navigations = 0
addEventListener('hashchange', () => {
  navigations += 1
})
export const hasNavigated = (): boolean => navigations > 0

/** The path and query that the address asks for. */
export function split(hash: string): { path: string; search: string } {
  const address = hash.replace(/^#/, '')
  const mark = address.indexOf('?')
  const path = mark < 0 ? address : address.slice(0, mark)
  return { path: path.startsWith('/') ? path : `/${path}`, search: mark < 0 ? '' : address.slice(mark + 1) }
}

/** The `href` of a page of the console. Empty values of the query are left out. */
export function href(path: string, query: Query = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const search = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()
  return `#${path}${search ? `?${search}` : ''}`
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

/** Goes to a page; with `replace`, the page before is not come back to. */
export function navigate(path: string, query: Query = {}, { replace = false } = {}): void {
  const to = href(path, query)
  if (!replace) {
    location.hash = to
    return
  }
  history.replaceState(null, '', to)
  // `replaceState` tells nobody.
  dispatchEvent(new HashChangeEvent('hashchange'))
}

const path = () => split(location.hash).path
const search = () => split(location.hash).search

export const usePath = (): string => useSyncExternalStore(subscribe, path)

/** The location hook that wouter matches its routes on. */
export const useHashLocation = (): [string, (to: string) => void] => [usePath(), navigate]

/** The query of the address, and how to change some of it: filters live there, so that a view can be linked to. */
export function useQuery(): [Record<string, string>, (patch: Query) => void] {
  const text = useSyncExternalStore(subscribe, search)
  const query = useMemo(() => Object.fromEntries(new URLSearchParams(text)), [text])
  return [query, patch => navigate(path(), { ...query, ...patch }, { replace: true })]
}
