import { X } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { IconButton } from './button'
import './dialog.css'

const FIRST_FIELD = '.dialog-body :is(input, select, textarea)'

type Props = {
  title: string
  /** Asked to close: by Escape, the cross, or a click beside it. */
  onClose: () => void
  children: ComponentChildren
  /** The buttons, the main one last. */
  footer?: ComponentChildren
  /** When given, the content is a form, which Enter and a `type="submit"` button send. */
  onSubmit?: () => void
  wide?: boolean
}

/** A modal dialog. Mounted means open: render it only while it is wanted. */
export function Dialog({ title, onClose, children, footer, onSubmit, wide }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const pressed = useRef<EventTarget | null>(null)
  const id = useId()

  useEffect(() => {
    const opener = document.activeElement
    const element = dialog.current
    element?.showModal()
    // Where one begins to write, not the cross; on touch screens a keyboard would cover what there is to read first.
    if (matchMedia('(pointer: fine)').matches) element?.querySelector<HTMLElement>(FIRST_FIELD)?.focus()
    return () => {
      element?.close()
      // An element that is removed while open does not give the focus back by itself.
      const back = opener instanceof HTMLElement && opener.isConnected && opener !== document.body ? opener : null
      ;(back ?? document.querySelector('h1'))?.focus()
    }
  }, [])

  const body = (
    <>
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton label="Close" size="s" icon={<X size={16} />} onClick={onClose} />
      </header>
      <div class="dialog-body stack">{children}</div>
      {footer && <footer class="dialog-foot">{footer}</footer>}
    </>
  )
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way, which `onCancel` hears
    <dialog
      ref={dialog}
      class={wide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={event => {
        pressed.current = event.target
      }}
      onClick={event => {
        // The content covers the whole of the dialog's box: a click on the element itself is one on its backdrop.
        // A text that is marked beyond the edge was begun inside.
        if (event.target === dialog.current && pressed.current === dialog.current) onClose()
      }}
    >
      {onSubmit ? (
        <form
          class="dialog-content"
          noValidate
          onSubmit={event => {
            event.preventDefault()
            onSubmit()
          }}
        >
          {body}
        </form>
      ) : (
        <div class="dialog-content">{body}</div>
      )}
    </dialog>
  )
}
