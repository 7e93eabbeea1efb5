import { SearchX } from 'lucide-preact'
import { ApiError } from '../api/error'
import { ButtonLink } from './button'
import { EmptyState, ErrorState } from './states'

type Props = {
  error: unknown
  onRetry: () => void
  /** What the page is of: `delivery`. */
  noun: string
  /** Where all of them are. */
  list: { label: string; href: string }
  /** Why it may not be there. */
  children: string
}

/** In the place of a page's thing: there is none with its id, or it could not be fetched. */
export function LoadError({ error, onRetry, noun, list, children }: Props) {
  if (!(error instanceof ApiError && error.status === 404)) return <ErrorState error={error} onRetry={onRetry} />
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title={`There is no such ${noun}`}
      action={<ButtonLink href={list.href}>{`All ${list.label.toLowerCase()}`}</ButtonLink>}
    >
      {children}
    </EmptyState>
  )
}
