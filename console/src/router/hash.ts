// Pages are addressed after `#`: the console has one path on the server, which does not know the pages.
import { useMemo, useSyncExternalStore } from 'preact/compat'
import { guard } from './guard'
import { arrive, currentEntry, depart, indexOf, mark } from './places'

type Query = Record<string, string | number | null | undefined>

/** The number of navigations; 0 on the first page, where the browser sets the focus itself. */
let navigations = 0
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

// The shown address. It differs from that of the browser while an unsaved form asks whether to leave it.
let shown = location.hash
const listeners = new Set<() => void>()

function show(index: number): void {
  shown = location.hash
  navigations += 1
  arrive(index)
  for (const changed of listeners) changed()
}

/** The entry to return to silently, after an unsaved form has kept its page. */
let returning: number | null = null

addEventListener('hashchange', () => {
  const index = indexOf(history.state)
  if (returning !== null) {
    if (index === returning) returning = null
    return
  }
  const from = depart()
  // A link or a typed address makes an entry without a number.
  const to = index ?? from + 1
  if (index === null) mark(to)
  if (location.hash === shown || !guard.isSet()) {
    show(to)
    return
  }
  returning = from
  history.go(from - to)
  guard.ask(() => history.go(to - from))
})

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  return () => listeners.delete(changed)
}

/** Goes to a page. With `replace`, the current page leaves the history. An unsaved form is not asked about. */
export function navigate(path: string, query: Query = {}, { replace = false } = {}): void {
  const to = href(path, query)
  if (to === location.hash) return
  const from = depart()
  if (replace) history.replaceState(history.state, '', to)
  else history.pushState(null, '', to)
  if (!replace) mark(from + 1)
  show(replace ? from : from + 1)
}

const path = () => split(shown).path
const search = () => split(shown).search

export const usePath = (): string => useSyncExternalStore(subscribe, path)

/** The number of the shown entry of the browser's history. */
export const useEntry = (): number => useSyncExternalStore(subscribe, currentEntry)

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
