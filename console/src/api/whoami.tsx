import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Whoami } from './types'

/** Who has signed in; null while that is being asked. */
export const WhoamiContext = createContext<Whoami | null>(null)

export function useWhoami(): Whoami {
  const whoami = useContext(WhoamiContext)
  if (!whoami) throw new Error('useWhoami is for pages, which are shown once it is known.')
  return whoami
}

/** Why the signed-in key may not change anything; null when it may. */
export function useReadOnlyReason(): string | null {
  return readOnlyReason(useContext(WhoamiContext)?.role)
}

export function readOnlyReason(role: Whoami['role'] | undefined): string | null {
  return role === 'viewer'
    ? 'Your key is a viewer’s: it can look, but not change anything. Sign in with an editor’s or admin’s key.'
    : null
}
