import { SearchX } from 'lucide-preact'
import { ApiError } from '../api/error'
import { ButtonLink } from './button'
import { EmptyState, ErrorState } from './states'

type Props = {
  error: unknown
  onRetry: () => void
  /** What the page is of: `delivery`. */
  thing: string
  /** Where all of them are. */
  all: { label: string; href: string }
  /** Why it may not be there. */
  children: string
}

/** In the place of a page's thing: there is none with its id, or it could not be fetched. */
export function ThingError({ error, onRetry, thing, all, children }: Props) {
  if (!(error instanceof ApiError && error.status === 404)) return <ErrorState error={error} onRetry={onRetry} />
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title={`There is no such ${thing}`}
      action={<ButtonLink href={all.href}>{`All ${all.label.toLowerCase()}`}</ButtonLink>}
    >
      {children}
    </EmptyState>
  )
}
