import { Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'

export function WebhooksPage(_: { id: string | undefined }) {
  return (
    <Page title="Webhooks">
      <Skeleton />
    </Page>
  )
}
