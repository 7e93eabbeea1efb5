import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Whoami } from './types'

/** The owner of the key; null while loading. */
export const WhoamiContext = createContext<Whoami | null>(null)

export function useWhoami(): Whoami {
  const whoami = useContext(WhoamiContext)
  if (!whoami) throw new Error('useWhoami needs a loaded WhoamiContext.')
  return whoami
}

/** Why the key may not change anything; null if it may. */
export function useReadOnlyReason(): string | null {
  return readOnlyReason(useContext(WhoamiContext)?.role)
}

export function readOnlyReason(role: Whoami['role'] | undefined): string | null {
  return role === 'viewer'
    ? 'Your key has the role viewer and cannot change anything. Sign in with the key of an editor or admin.'
    : null
}
