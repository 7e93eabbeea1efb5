import { useEffect, useRef } from 'preact/hooks'

type Listener = (paths: string[]) => void
const listeners = new Set<Listener>()

/** Fetches again what the page shows of these paths and the paths below them. Call it after a change. */
export function refresh(...paths: string[]): void {
  for (const listener of [...listeners]) listener(paths)
}

/** Calls `reload` when `path` is refreshed. */
export function useRefreshed(path: string | null, reload: () => unknown): void {
  const latest = useRef(reload)
  latest.current = reload
  useEffect(() => {
    if (path === null) return
    const listener: Listener = paths => {
      if (paths.some(start => path.startsWith(start))) void latest.current()
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }, [path])
}
