// The key is stored only in this tab's session storage: closing the tab signs out.

import { createStore } from '../lib/store'
import { storedText } from '../lib/stored-text'

const storedKey = storedText(() => sessionStorage, 'stack.api-key')

type Session = {
  key: string | null
  /** Why the last session ended, unless the user signed out. */
  ended: string | null
}

export const session = createStore<Session>({ key: storedKey.get(), ended: null })

export function signIn(key: string): void {
  storedKey.set(key)
  session.set({ key, ended: null })
}

export function signOut(ended: string | null = null): void {
  storedKey.set(null)
  session.set({ key: null, ended })
}
