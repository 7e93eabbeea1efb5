import { X } from 'lucide-preact'
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useId, useRef } from 'preact/hooks'
import { fieldValues } from '../lib/field-values'
import { guard, useUnsaved } from '../router/guard'
import { Button, IconButton } from './button'
import './dialog.css'

const FIRST_FIELD = '.dialog-body :is(input, select, textarea)'

type Props = {
  title: string
  /**
   * Called on Escape, on the close button, on `CancelButton`, and on a click on the backdrop. If the user has changed a
   * field of a form, the dialog first asks whether to discard the input.
   */
  onClose: () => void
  children: ComponentChildren
  /** The buttons. The primary one is last. */
  footer?: ComponentChildren
  /** Makes the content a form, which Enter and a `type="submit"` button submit. */
  onSubmit?: () => void
  /** What the dialog asks before it discards input; null for a form whose input is quickly given again. */
  discard?: string | null
  /** Closes without asking about the form below it. */
  isQuestion?: boolean
  wide?: boolean
}

const Close = createContext<() => void>(() => {})

/** A modal dialog. It is open while it is mounted. */
export function Dialog({
  title,
  onClose,
  children,
  footer,
  onSubmit,
  discard = 'Discard your changes?',
  isQuestion = false,
  wide,
}: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const pressed = useRef<EventTarget | null>(null)
  const id = useId()
  const touched = useRef(false)
  const start = useRef('')
  const touch = () => {
    touched.current = true
  }
  useUnsaved(
    () => Boolean(onSubmit) && discard !== null && touched.current && fieldValues(dialog.current) !== start.current,
    discard ?? '',
  )
  const close = () => (isQuestion ? onClose() : guard.ask(onClose))

  useEffect(() => {
    const opener = document.activeElement
    const element = dialog.current
    element?.showModal()
    start.current = fieldValues(element)
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
        <IconButton label="Close" size="s" icon={<X size={16} />} onClick={close} />
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
        close()
      }}
      onClose={() => {
        // Chrome closes a dialog on a second Escape without asking.
        if (!dialog.current?.isConnected || dialog.current.open) return
        dialog.current.showModal()
        close()
      }}
      onInput={touch}
      onChange={touch}
      onMouseDown={event => {
        pressed.current = event.target
      }}
      onClick={event => {
        // The content fills the dialog, so a click on the element itself is a click on the backdrop. Selecting text
        // beyond the edge ends with such a click too, but starts inside.
        if (event.target === dialog.current && pressed.current === dialog.current) close()
      }}
    >
      <Close.Provider value={close}>
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
      </Close.Provider>
    </dialog>
  )
}

/** A button in the footer that closes the dialog. */
export function CancelButton({ children = 'Cancel' }: { children?: string }) {
  return <Button onClick={useContext(Close)}>{children}</Button>
}
