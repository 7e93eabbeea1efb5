import { Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'

export function DeliveriesPage(_: { id: string | undefined }) {
  return (
    <Page title="Deliveries">
      <Skeleton />
    </Page>
  )
}
