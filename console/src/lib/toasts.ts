import { createStore } from './store'

export type ToastTone = 'good' | 'bad' | 'info'
export type Toast = { id: number; tone: ToastTone; text: string }

/** The messages on the screen, oldest first. */
export const toasts = createStore<Toast[]>([])

/** Long enough to read a sentence. Errors stay until they are closed. */
const SHOWN_MS = 6000
const MAX_SHOWN = 3
let lastId = 0

export const closeToast = (id: number) => toasts.set(toasts.get().filter(toast => toast.id !== id))

function show(tone: ToastTone, text: string): void {
  lastId += 1
  const id = lastId
  // A repeated message replaces the earlier one, for example after several clicks on a disabled button.
  toasts.set([...toasts.get().filter(other => other.text !== text), { id, tone, text }].slice(-MAX_SHOWN))
  if (tone !== 'bad') setTimeout(() => closeToast(id), SHOWN_MS)
}

/** Shows a message in the corner of the page. */
export const toast = {
  good: (text: string) => show('good', text),
  error: (text: string) => show('bad', text),
  info: (text: string) => show('info', text),
}
