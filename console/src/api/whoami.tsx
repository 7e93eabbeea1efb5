import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { type Area, refusal } from '../lib/permissions'
import type { Whoami } from './types'

/** The owner of the key; null while loading. */
export const WhoamiContext = createContext<Whoami | null>(null)

/** What the buttons below change. Pages and dialogs for other APIs than STACK's set it. */
export const AreaContext = createContext<Area>('stack')

export function useWhoami(): Whoami {
  const whoami = useContext(WhoamiContext)
  if (!whoami) throw new Error('useWhoami needs a loaded WhoamiContext.')
  return whoami
}

/** Why the key may not change anything here; null if it may. */
export function useReadOnlyReason(): string | null {
  const area = useContext(AreaContext)
  return useRefusal(area)
}

/** Why the key may not change anything in an area; null if it may. */
export function useRefusal(area: Area): string | null {
  const whoami = useContext(WhoamiContext)
  return whoami && refusal(whoami, area)
}
