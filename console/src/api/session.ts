// The key lives in this tab's session storage and nowhere else: closing the tab signs out.
import { kept } from '../lib/kept'
import { createStore } from '../lib/store'

const keptKey = kept(() => sessionStorage, 'stack.api-key')

type Session = {
  key: string | null
  /** Why the last session ended, when it was not the person's own doing. */
  ended: string | null
}

export const session = createStore<Session>({ key: keptKey.get(), ended: null })

export function signIn(key: string): void {
  keptKey.set(key)
  session.set({ key, ended: null })
}

export function signOut(ended: string | null = null): void {
  keptKey.set(null)
  session.set({ key: null, ended })
}
