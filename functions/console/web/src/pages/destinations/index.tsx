import { Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'

export function DestinationsPage(_: { id: string | undefined }) {
  return (
    <Page title="Destinations">
      <Skeleton />
    </Page>
  )
}
