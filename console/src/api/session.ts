// Where the key is kept, and how tabs share it.
//
// The key is in the session storage of each tab, and tabs pass it on to new tabs by a BroadcastChannel, which reaches
// pages of this origin only. Closing the last tab signs out. What was weighed:
//
// - `localStorage` is shared too, but keeps the key on the disk after the browser is closed.
// - A cookie would be out of reach for scripts, but the API would have to accept it beside bearer tokens: every route
//   would need a defense against forged requests, and the function that serves the console would need access to keys.
//   A script that runs in this page could use such a cookie as well as the key.
//
// Sessions that begin with a portal link belong to their tab: they neither ask for a key nor pass theirs on. A page in a
// frame takes no part either, because a foreign page around it could make a signed-in user click what they do not see.
import { isPortalKey, portalKey } from '../lib/portal-key'
import { createStore } from '../lib/store'
import { storedText } from '../lib/stored-text'
import { navigate } from '../router/hash'
import { apiRoot } from './root'

const storedKey = storedText(() => sessionStorage, 'stack.api-key')

/** How long a new tab waits for the key of another one. */
const WAIT_MS = 250

type Session = {
  key: string | null
  /** Why the last session ended, unless the user signed out. */
  ended: string | null
  /** Whether the tab is waiting for the key of another one. */
  asking: boolean
  /** Whether the tab was opened with a portal link. */
  portal: boolean
}

type Message = { type: 'ask'; from: string } | { type: 'key'; to: string | null; key: string } | { type: 'sign-out' }

/** Whether another page shows the console in a frame. */
export const isFramed = self !== top

const initialKey = storedKey.get()
export const session = createStore<Session>({
  key: initialKey,
  ended: null,
  asking: false,
  portal: isPortalKey(initialKey),
})

let channel: BroadcastChannel | null = null
const me = Math.random().toString(36).slice(2)

const send = (message: Message) => channel?.postMessage(message)

/** Takes the key of a portal link out of the address, or asks other tabs for theirs. Call it before the first page. */
export function startSession(): void {
  takePortalKey()
  // A link that is opened in a tab with the console only changes the part after `#`.
  addEventListener('hashchange', takePortalKey, { capture: true })
  if (isFramed || !('BroadcastChannel' in self)) return
  channel = new BroadcastChannel(`stack.session ${apiRoot(location.pathname)}`)
  channel.onmessage = ({ data }: MessageEvent<Message>) => receive(data)
  if (session.get().key === null) ask()
}

function takePortalKey(): void {
  const key = portalKey(location.hash)
  if (key === null) return
  navigate('/', {}, { replace: true })
  storedKey.set(key)
  session.set({ key, ended: null, asking: false, portal: true })
}

function ask(): void {
  session.set({ ...session.get(), asking: true })
  send({ type: 'ask', from: me })
  setTimeout(() => {
    if (session.get().asking) session.set({ ...session.get(), asking: false })
  }, WAIT_MS)
}

function receive(message: Message): void {
  const { key, portal } = session.get()
  if (portal) return
  if (message.type === 'ask' && key !== null) send({ type: 'key', to: message.from, key })
  // A key without a receiver comes from a tab where somebody has just signed in.
  if (message.type === 'key' && key === null && (message.to === null || message.to === me)) adopt(message.key)
  if (message.type === 'sign-out' && key !== null) forget(null)
}

function adopt(key: string): void {
  storedKey.set(key)
  session.set({ key, ended: null, asking: false, portal: false })
}

function forget(ended: string | null): void {
  storedKey.set(null)
  session.set({ ...session.get(), key: null, ended, asking: false })
}

export function signIn(key: string): void {
  adopt(key)
  send({ type: 'key', to: null, key })
}

/** Signs out. If the user asked for it, all tabs are signed out. */
export function signOut(ended: string | null = null): void {
  const { portal } = session.get()
  forget(ended)
  if (ended === null && !portal) send({ type: 'sign-out' })
}
