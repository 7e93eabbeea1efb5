import { CircleAlert, CircleCheck, Info, X } from 'lucide-preact'
import { useEffect, useRef } from 'preact/hooks'
import { useStore } from '../lib/store'
import { closeToast, toasts } from '../lib/toasts'
import { IconButton } from './button'
import './toasts.css'

const icons = { good: CircleCheck, bad: CircleAlert, info: Info }

export function Toasts() {
  const shown = useStore(toasts)
  const box = useRef<HTMLDivElement>(null)
  // Close and open the popover for every message: it is then above dialogs that were opened in the meantime.
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
            <IconButton label="Close message" size="s" icon={<X size={14} />} onClick={() => closeToast(id)} />
          </div>
        )
      })}
    </div>
  )
}
