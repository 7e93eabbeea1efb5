import { CircleCheck } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { href } from '../../../router/hash'
import { Button, ButtonLink } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { RecoverDialog } from '../../../ui/recover-dialog'
import { Notice } from '../../../ui/states'
import { RulesThatWait } from '../../rules/waits-for'
import { useRulesFor } from '../detail/use-rules'
import type { VerifyProps } from './props'

type Props = VerifyProps & {
  title: string
  detail: string
  /** Since when it may have missed events (RFC 3339), if it was unhealthy. */
  since: string | null
}

/** The result of a successful verification, and the next step. */
export function VerifyDone({ destination, inRule, title, detail, since, onClose }: Props) {
  const [recovering, setRecovering] = useState(false)
  const { rules } = useRulesFor(destination)
  if (recovering) {
    const { health } = destination
    const recovered = { ...destination, ...(health && { health: { ...health, status: 'healthy', since } }) }
    return <RecoverDialog destination={recovered} onClose={onClose} />
  }
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          {since && <Button onClick={() => setRecovering(true)}>Recover missed deliveries</Button>}
          {!since && !inRule && (
            <ButtonLink href={href('/rules/new', { destination: destination.destination_id })}>
              Create a rule
            </ButtonLink>
          )}
          <Button variant="primary" autofocus onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div role="status">
        <Notice tone="good" icon={<CircleCheck size={16} />}>
          {detail}
        </Notice>
      </div>
      <p>Rules that are not paused send notifications here.</p>
      <RulesThatWait rules={rules ?? []} destination={destination} />
    </Dialog>
  )
}
