import { X } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { IconButton } from './button'
import './dialog.css'

const FIRST_FIELD = '.dialog-body :is(input, select, textarea)'

type Props = {
  title: string
  /** Called on Escape, on the close button, and on a click on the backdrop. */
  onClose: () => void
  children: ComponentChildren
  /** The buttons. The primary one is last. */
  footer?: ComponentChildren
  /** Makes the content a form, which Enter and a `type="submit"` button submit. */
  onSubmit?: () => void
  wide?: boolean
}

/** A modal dialog. It is open while it is mounted. */
export function Dialog({ title, onClose, children, footer, onSubmit, wide }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const pressed = useRef<EventTarget | null>(null)
  const id = useId()

  useEffect(() => {
    const opener = document.activeElement
    const element = dialog.current
    element?.showModal()
    // Focus the first field, not the close button. On touch screens, the keyboard would cover the text above it.
    if (matchMedia('(pointer: fine)').matches) element?.querySelector<HTMLElement>(FIRST_FIELD)?.focus()
    return () => {
      element?.close()
      // Browsers do not restore the focus when an open dialog is removed.
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
    // biome-ignore lint/a11y/useKeyWithClickEvents: `onCancel` handles Escape
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
        // The content fills the dialog, so a click on the element itself is a click on the backdrop. Selecting text
        // beyond the edge ends with such a click too, but starts inside.
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
