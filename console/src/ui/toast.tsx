import { CircleAlert, CircleCheck, Info, X } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { createStore, useStore } from '../lib/store'
import { IconButton } from './button'
import './toast.css'

type Tone = 'good' | 'bad' | 'info'
type Toast = { id: number; tone: Tone; text: string }

const toasts = createStore<Toast[]>([])
let lastId = 0
/** Long enough to read a sentence; errors stay until they are closed. */
const SHOWN_MS = 6000

const close = (id: number) => toasts.set(toasts.get().filter(toast => toast.id !== id))

function show(tone: Tone, text: string): void {
  lastId += 1
  const id = lastId
  // The same sentence twice is one: who clicks a button that is off again has read it already.
  toasts.set([...toasts.get().filter(other => other.text !== text), { id, tone, text }].slice(-3))
  if (tone !== 'bad') setTimeout(() => close(id), SHOWN_MS)
}

/** Says in a corner what has happened. */
export const toast = {
  good: (text: string) => show('good', text),
  error: (text: string) => show('bad', text),
  info: (text: string) => show('info', text),
}

const icons = { good: CircleCheck, bad: CircleAlert, info: Info }

export function Toasts() {
  const shown = useStore(toasts)
  const box = useRef<HTMLDivElement>(null)
  // Shown anew for every message: a popover lies above the dialogs that were opened before it.
  useEffect(() => {
    box.current?.hidePopover()
    if (shown.length > 0) box.current?.showPopover()
  }, [shown])
  return (
    <div ref={box} popover="manual" class="toasts" role="log" aria-live="polite" aria-label="Messages">
      {shown.map(({ id, tone, text }) => {
        const Icon = icons[tone]
        return (
          <div key={id} class={`toast toast-${tone}`}>
            <Icon size={17} />
            <p>{text}</p>
            <IconButton label="Close message" size="s" icon={<X size={14} />} onClick={() => close(id)} />
          </div>
        )
      })}
    </div>
  )
}
