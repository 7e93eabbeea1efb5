import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Rule } from '../../api/types'
import { toast } from '../../lib/toasts'
import { navigate } from '../../router/hash'
import { ConfirmDialog } from '../../ui/confirm'

/** Asks for confirmation before deleting a rule. */
export function DeleteRule({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  // Only rules with their own address have no destination ids.
  const hasOwnAddress = rule.destination_ids.length === 0
  return (
    <ConfirmDialog
      title="Delete this rule?"
      confirm="Delete rule"
      danger
      onClose={onClose}
      onConfirm={async () => {
        await call(api.DELETE('/v1/notifications/channels/{id}', { params: { path: { id: rule.id } } }))
        toast.good('The rule was deleted.')
        navigate('/rules', {}, { replace: true })
        refresh('/v1/notifications/channels', '/v1/notifications/destinations', '/v1/overview')
      }}
    >
      <p>
        {hasOwnAddress
          ? `This also deletes the rule’s own address${rule.destination ? `, ${rule.destination}` : ''}.`
          : 'Destinations and pending deliveries stay.'}
      </p>
      <p>
        Events that only this rule matches will no longer be delivered. To stop the rule temporarily, disable it
        instead.
      </p>
    </ConfirmDialog>
  )
}
