import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import { useReadOnlyReason } from '../api/whoami'
import { toast } from '../lib/toasts'
import './button.css'

type Style = {
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger'
  size?: 'm' | 's'
  icon?: ComponentChildren
}

type Props = Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'icon' | 'disabled'> &
  Style & {
    busy?: boolean
    /** Whether the action changes something. The button is then disabled for viewers, with a reason. */
    writes?: boolean
    /** Why the button is disabled, as a sentence. Without it, the button is enabled. */
    disabledReason?: string | null
  }

const buttonClass = ({ variant = 'secondary', size = 'm' }: Style) => `button button-${variant} button-${size}`

/**
 * A disabled button stays focusable (`aria-disabled`, not `disabled`), so that people with a keyboard, a screen reader
 * or a touch screen learn the reason.
 */
export function Button({ variant, size, icon, busy, writes, disabledReason, onClick, children, ...rest }: Props) {
  const readOnly = useReadOnlyReason()
  const reason = (writes ? readOnly : null) ?? disabledReason ?? null
  const id = useId()
  const click: typeof onClick = event => {
    if (busy) return event.preventDefault()
    if (reason) {
      event.preventDefault()
      return toast.info(reason)
    }
    return onClick?.(event)
  }
  return (
    <>
      <button
        type="button"
        {...rest}
        class={`${buttonClass({ variant, size })} ${rest.class ?? ''}`}
        aria-disabled={busy || reason ? true : undefined}
        aria-busy={busy || undefined}
        aria-describedby={reason ? id : rest['aria-describedby']}
        title={reason ?? rest.title}
        onClick={click}
      >
        {busy ? <span class="spinner" aria-hidden="true" /> : icon}
        {children && <span>{children}</span>}
      </button>
      {reason && (
        <span id={id} class="hidden">
          {reason}
        </span>
      )}
    </>
  )
}

/** A link that looks like a button. */
export function ButtonLink({
  variant,
  size,
  icon,
  children,
  ...rest
}: JSX.AnchorHTMLAttributes<HTMLAnchorElement> & Style) {
  return (
    <a {...rest} class={buttonClass({ variant, size })}>
      {icon}
      <span>{children}</span>
    </a>
  )
}

/** A button with only an icon. The label is its tooltip and its accessible name. */
export function IconButton({ label, ...rest }: Omit<Props, 'children'> & { label: string }) {
  return <Button variant="quiet" title={label} {...rest} aria-label={label} class={`button-icon ${rest.class ?? ''}`} />
}
