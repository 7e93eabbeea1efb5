import { Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'

export function EventsPage(_: { id: string | undefined }) {
  return (
    <Page title="Events">
      <Skeleton />
    </Page>
  )
}
