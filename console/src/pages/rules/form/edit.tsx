import { useState } from 'preact/hooks'
import { refresh } from '../../../api/changes'
import { api, call } from '../../../api/client'
import { useGet } from '../../../api/hooks'
import type { Rule } from '../../../api/types'
import { ruleLabel } from '../../../lib/rule-label'
import { toast } from '../../../lib/toasts'
import { href, navigate } from '../../../router/hash'
import { LoadError } from '../../../ui/load-error'
import { Page } from '../../../ui/page'
import { Panel } from '../../../ui/panel'
import { Notice, Skeleton } from '../../../ui/states'
import { changeOf, draftOf } from './draft'
import { RuleForm } from './form'

export function EditRule({ id }: { id: string }) {
  const { data, error, mutate } = useGet('/v1/notifications/channels/{id}', { params: { path: { id } } })
  return (
    <Page title="Edit rule" back={{ label: data ? ruleLabel(data) : 'Rule', href: href(`/rules/${id}`) }}>
      {data ? (
        <Edit rule={data} />
      ) : (
        <Panel flush>
          {error ? (
            <LoadError
              error={error}
              onRetry={() => void mutate()}
              noun="rule"
              list={{ label: 'Rules', href: href('/rules') }}
            >
              It may have been deleted.
            </LoadError>
          ) : (
            <Skeleton lines={6} label="Loading the rule" />
          )}
        </Panel>
      )}
    </Page>
  )
}

function Edit({ rule }: { rule: Rule }) {
  // Keep the first version: a comparison with a later one would send fields that the user did not change.
  const [start] = useState(() => draftOf(rule))
  const hasOwnAddress = start.destinations.length === 0
  const leave = () => navigate(`/rules/${rule.id}`, {}, { replace: true })
  return (
    <>
      {hasOwnAddress && (
        <Notice>
          {`This rule has its own address${rule.destination ? `, ${rule.destination}` : ''}. Destinations that you choose below replace it.`}
        </Notice>
      )}
      <RuleForm
        start={start}
        verb="Save changes"
        unsaved="Discard your changes?"
        hasOwnAddress={hasOwnAddress}
        onCancel={leave}
        onSave={async draft => {
          const body = changeOf(start, draft)
          if (Object.keys(body).length > 0) {
            const params = { path: { id: rule.id } }
            await call(api.PATCH('/v1/notifications/channels/{id}', { params, body }))
            refresh('/v1/notifications/channels', '/v1/overview')
            toast.good('Changes saved.')
          }
          leave()
        }}
      />
    </>
  )
}
