import { useState } from 'preact/hooks'
import { refresh } from '../../../api/changes'
import { api, call } from '../../../api/client'
import { toast } from '../../../lib/toasts'
import { href, navigate, useQuery } from '../../../router/hash'
import { Page } from '../../../ui/page'
import { asNewRule, emptyDraft } from './draft'
import { RuleForm } from './form'

/** Creates a rule. `?destination=` selects a destination, and `?event=` an event type. */
export function NewRule() {
  const [query] = useQuery()
  const [start] = useState(() => emptyDraft(query.destination, query.event))
  return (
    <Page
      title="New rule"
      back={{ label: 'Rules', href: href('/rules') }}
      description="Nothing is sent until you save the rule."
    >
      <RuleForm
        start={start}
        verb="Save rule"
        unsaved="Discard this rule?"
        onCancel={() => navigate('/rules')}
        onSave={async draft => {
          const created = await call(api.POST('/v1/notifications/channels', { body: asNewRule(draft) }))
          refresh('/v1/notifications/channels', '/v1/overview')
          toast.good('Rule saved. It now matches new events.')
          navigate(`/rules/${created.id}`, {}, { replace: true })
        }}
      />
    </Page>
  )
}
