import type { Destination } from '../../../api/types'
import { canTest } from '../../../lib/abilities'
import { SecretDialog } from '../parts/secret-dialog'
import { TestButton, TestResult, useTest } from '../parts/test'

type Props = { destination: Destination; secret: string; onClose: () => void }

/** Shows the secret of a new webhook, with a button that sends a test. */
export function AddedWebhook({ destination, secret, onClose }: Props) {
  const test = useTest(destination)
  return (
    <SecretDialog
      title="Webhook added"
      secret={secret}
      madeBy={destination.made_by}
      onClose={onClose}
      actions={canTest(destination) && <TestButton test={test} />}
    >
      <TestResult test={test} />
    </SecretDialog>
  )
}
