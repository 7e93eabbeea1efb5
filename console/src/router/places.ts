// What each entry of the browser's history looked like when it was left: how far it was scrolled, and how many pages of
// a list were loaded. Back and Forward restore it.

type Place = { scroll: number; sizes: Record<string, number> }

const places = new Map<number, Place>()

/** The longest time that rows may take to load before the position is restored. */
const PATIENCE_MS = 10_000

/** The number of an entry, from its state; null if a link or the user has just made it. */
export function indexOf(state: unknown): number | null {
  const index = (state as { index?: unknown } | null)?.index
  return typeof index === 'number' ? index : null
}

let current = indexOf(history.state) ?? 0
if (indexOf(history.state) === null) mark(current)
// A reload keeps the state of its entry only.
const reloaded = (history.state as { place?: Place } | null)?.place
if (reloaded) places.set(current, reloaded)
history.scrollRestoration = 'manual'

const place = (): Place => {
  const known = places.get(current) ?? { scroll: 0, sizes: {} }
  places.set(current, known)
  return known
}

/** Numbers a new entry, and forgets those that it replaces. */
export function mark(index: number): void {
  for (const other of places.keys()) if (other >= index) places.delete(other)
  history.replaceState({ index }, '')
}

/** Remembers the position in the current entry. Returns its number. */
export function depart(): number {
  place().scroll = scrollY
  return current
}

export function arrive(index: number): void {
  current = index
}

export const currentEntry = (): number => current

addEventListener('pagehide', () => {
  depart()
  history.replaceState({ index: current, place: place() }, '')
})

/** Scrolls to where the entry was left, once its rows are there; a new entry starts at the top. */
export function restoreScroll(): void {
  const entry = current
  const top = place().scroll
  scrollTo(0, top)
  if (scrollY >= top - 1) return
  const resized = new ResizeObserver(() => {
    if (current === entry) scrollTo(0, top)
    if (current !== entry || scrollY >= top - 1) stop()
  })
  const touched = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const
  const stop = () => {
    resized.disconnect()
    clearTimeout(timer)
    for (const name of touched) removeEventListener(name, stop)
  }
  const timer = setTimeout(stop, PATIENCE_MS)
  for (const name of touched) addEventListener(name, stop, { passive: true })
  resized.observe(document.body)
}

// Filters are in the address, so that a list with other filters starts with one page.
const listKey = (path: string) => `${path} ${location.hash}`

/** The number of pages of a list that were loaded when its entry was left. */
export const loadedPages = (path: string): number => place().sizes[listKey(path)] ?? 1

export function rememberPages(path: string, size: number): void {
  place().sizes[listKey(path)] = size
}
