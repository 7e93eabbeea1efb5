import { Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'

export function OverviewPage() {
  return (
    <Page title="Overview">
      <Skeleton />
    </Page>
  )
}
