import { CircleCheck } from 'lucide-preact'
import { href } from '../../../router/hash'
import { Button, ButtonLink } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { Notice } from '../../../ui/states'
import type { VerifyProps } from './index'

type Props = VerifyProps & { title: string; said: string }

/** It is verified: what the destination said, and what comes next. */
export function VerifyDone({ destination, inRule, title, said, onClose }: Props) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          {!inRule && (
            <ButtonLink href={href('/rules/new', { destination: destination.destination_id })}>
              Make a rule for it
            </ButtonLink>
          )}
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div role="status">
        <Notice tone="good" icon={<CircleCheck size={16} />}>
          {said}
        </Notice>
      </div>
      <p>Notifications that rules send here now go out.</p>
    </Dialog>
  )
}
