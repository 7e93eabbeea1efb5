import { Page } from '../../ui/page'
import { Skeleton } from '../../ui/states'

export function RulesPage(_: { id: string | undefined }) {
  return (
    <Page title="Rules">
      <Skeleton />
    </Page>
  )
}
