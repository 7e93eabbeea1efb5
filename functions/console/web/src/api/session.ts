// The key lives in this tab's session storage and nowhere else: closing the tab signs out.
import { createStore } from '../lib/store'

const KEY = 'stack.api-key'

type Session = {
  key: string | null
  /** Why the last session ended, when it was not the person's own doing. */
  ended: string | null
}

export const session = createStore<Session>({ key: sessionStorage.getItem(KEY), ended: null })

export function signIn(key: string): void {
  sessionStorage.setItem(KEY, key)
  session.set({ key, ended: null })
}

export function signOut(ended: string | null = null): void {
  sessionStorage.removeItem(KEY)
  session.set({ key: null, ended })
}
