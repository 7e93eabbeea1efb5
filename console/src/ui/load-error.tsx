import { SearchX } from 'lucide-preact'
import { ApiError } from '../api/error'
import { ButtonLink } from './button'
import { EmptyState, ErrorState } from './states'

type Props = {
  error: unknown
  onRetry: () => void
  /** The resource of the page: `delivery`. */
  noun: string
  /** The page that lists all of them. */
  list: { label: string; href: string }
  /** Why it may be missing. */
  children: string
}

/** Shown on the page of a resource that does not exist or could not be loaded. */
export function LoadError({ error, onRetry, noun, list, children }: Props) {
  if (!(error instanceof ApiError && error.status === 404)) return <ErrorState error={error} onRetry={onRetry} />
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title={`${noun.charAt(0).toUpperCase()}${noun.slice(1)} not found`}
      action={<ButtonLink href={list.href}>{`All ${list.label.toLowerCase()}`}</ButtonLink>}
    >
      {children}
    </EmptyState>
  )
}
