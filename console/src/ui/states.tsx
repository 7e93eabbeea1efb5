import { CircleAlert, RefreshCw } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { messageOf } from '../api/error'
import { Button } from './button'
import './states.css'

/** Shown in place of content that does not exist: why, and what to do next. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ComponentChildren
  title: string
  children?: ComponentChildren
  action?: ComponentChildren
}) {
  return (
    <div class="state">
      {icon && <div class="state-icon">{icon}</div>}
      <p class="state-title">{title}</p>
      {children && <div class="state-text">{children}</div>}
      {action && <div class="row state-action">{action}</div>}
    </div>
  )
}

/** Shown in place of content that could not be loaded, with a button to try again. */
export function ErrorState({
  error,
  onRetry,
  onSignOut,
}: {
  error: unknown
  onRetry?: () => void
  /** Adds a button to sign out, for pages without any other. */
  onSignOut?: () => void
}) {
  return (
    <div class="state" role="alert">
      <div class="state-icon state-icon-bad">
        <CircleAlert size={20} />
      </div>
      <p class="state-title">Could not be loaded</p>
      <p class="state-text">{messageOf(error)}</p>
      {onRetry && (
        <div class="row state-action">
          <Button icon={<RefreshCw size={15} />} onClick={onRetry}>
            Try again
          </Button>
          {onSignOut && (
            <Button variant="quiet" onClick={() => onSignOut()}>
              Sign out
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

/** The error of a form, above its buttons. */
export function FormError({ error }: { error: unknown }) {
  // Screen readers announce only changes of an existing live region.
  return (
    <div aria-live="assertive" class={error ? '' : 'hidden'}>
      {error ? (
        <div class="notice notice-bad">
          <CircleAlert size={16} />
          <p>{messageOf(error)}</p>
        </div>
      ) : null}
    </div>
  )
}

export function Notice({
  tone = 'info',
  icon,
  children,
  action,
}: {
  tone?: 'info' | 'warn' | 'bad' | 'good'
  icon?: ComponentChildren
  children: ComponentChildren
  action?: ComponentChildren
}) {
  return (
    <div class={`notice notice-${tone}`}>
      {icon ?? <CircleAlert size={16} />}
      <div class="notice-text">{children}</div>
      {action}
    </div>
  )
}

/** Grey lines in place of content that is loading. */
export function Skeleton({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{label}…</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton-line" />
      ))}
    </div>
  )
}
