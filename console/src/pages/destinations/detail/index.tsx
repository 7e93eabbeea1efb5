import { SearchX } from 'lucide-preact'
import { AreaContext } from '../../../api/whoami'
import { href } from '../../../router/hash'
import { ButtonLink } from '../../../ui/button'
import { Page } from '../../../ui/page'
import { Panel } from '../../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../../ui/states'
import { useDestination } from '../use-all'
import { DestinationView } from './view'

const back = { label: 'Destinations', href: href('/destinations') }

/** One destination of any API. */
export function DestinationDetail({ id }: { id: string }) {
  const { destination, error, mutate, isMissing } = useDestination(id)
  if (destination) {
    return (
      <AreaContext.Provider value={destination.made_by}>
        <DestinationView destination={destination} />
      </AreaContext.Provider>
    )
  }
  return (
    <Page title="Destination" back={back}>
      <Panel flush>
        {error ? (
          <ErrorState error={error} onRetry={mutate} />
        ) : isMissing ? (
          <EmptyState
            icon={<SearchX size={20} />}
            title="Destination not found"
            action={<ButtonLink href={back.href}>All destinations</ButtonLink>}
          >
            It may have been deleted. Its deliveries are kept for 30 days.
          </EmptyState>
        ) : (
          <Skeleton lines={6} label="Loading the destination" />
        )}
      </Panel>
    </Page>
  )
}
