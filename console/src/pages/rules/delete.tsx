import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Rule } from '../../api/types'
import { toast } from '../../lib/toasts'
import { navigate } from '../../router/hash'
import { ConfirmDialog } from '../../ui/confirm'

/** Asks before a rule is deleted. */
export function DeleteRule({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  // Ids of destinations are listed of all rules but those with an address of their own.
  const hasOwnAddress = rule.destination_ids.length === 0
  return (
    <ConfirmDialog
      title="Delete this rule?"
      confirm="Delete rule"
      danger
      onClose={onClose}
      onConfirm={async () => {
        await call(api.DELETE('/v1/notifications/channels/{id}', { params: { path: { id: rule.id } } }))
        toast.good('The rule is deleted.')
        navigate('/rules', {}, { replace: true })
        refresh('/v1/notifications/channels', '/v1/notifications/destinations', '/v1/overview')
      }}
    >
      <p>
        {hasOwnAddress
          ? `Its own address, ${rule.destination ?? 'which it was made with'}, is deleted with it.`
          : 'Its destinations stay, and so do deliveries that are on their way.'}
      </p>
      <p>Events that only this rule matches are no longer delivered. To pause the rule, disable it instead.</p>
    </ConfirmDialog>
  )
}
