import { Compass } from 'lucide-preact'
import { href } from '../router/hash'
import { ButtonLink } from '../ui/button'
import { Page } from '../ui/page'
import { EmptyState } from '../ui/states'

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState
        icon={<Compass size={20} />}
        title="Page not found"
        action={<ButtonLink href={href('/')}>Go to the overview</ButtonLink>}
      >
        The link may be old or incomplete.
      </EmptyState>
    </Page>
  )
}
