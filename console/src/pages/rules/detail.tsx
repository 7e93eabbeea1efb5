import { Pencil } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import { useGet } from '../../api/hooks'
import type { Rule } from '../../api/types'
import { ruleLabel } from '../../lib/rule-label'
import { toast } from '../../lib/toasts'
import { href, navigate } from '../../router/hash'
import { SeverityBadge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Id } from '../../ui/id'
import { LoadError } from '../../ui/load-error'
import { Page } from '../../ui/page'
import { Facts, Panel } from '../../ui/panel'
import { Skeleton } from '../../ui/states'
import { Time } from '../../ui/time'
import { DeleteRule } from './delete'
import { RuleStatusBadges } from './status'
import { StatusNotices } from './status-notices'
import { Targets } from './target-list'
import './rules.css'

const back = { label: 'Rules', href: href('/rules') }

/** One rule: what it matches, where it sends, and what blocks it. */
export function RuleDetail({ id }: { id: string }) {
  const { data, error, mutate } = useGet('/v1/notifications/channels/{id}', { params: { path: { id } } })
  if (data) return <RuleView rule={data} onChanged={rule => void mutate(rule, { revalidate: true })} />
  return (
    <Page title="Rule" back={back}>
      <Panel flush>
        {error ? (
          <LoadError error={error} onRetry={() => void mutate()} noun="rule" list={back}>
            It may have been deleted.
          </LoadError>
        ) : (
          <Skeleton lines={6} label="Loading the rule" />
        )}
      </Panel>
    </Page>
  )
}

const onUnhealthy = {
  pause: 'The whole rule is paused. Matching events are held.',
  skip: 'The rule continues to send to its other destinations.',
}

function RuleView({ rule, onChanged }: { rule: Rule; onChanged: (rule: Rule) => void }) {
  const [deleting, setDeleting] = useState(false)
  const isOn = rule.enabled
  const toggle = useAction(async () => {
    const params = { path: { id: rule.id } }
    const changed = await call(api.PATCH('/v1/notifications/channels/{id}', { params, body: { active: !isOn } }))
    // The answer to a change does not contain the destinations.
    onChanged({ ...rule, ...changed, delivery_methods: rule.delivery_methods ?? null })
    refresh('/v1/notifications/channels', '/v1/overview')
    toast.good(isOn ? 'The rule is disabled.' : 'The rule is enabled.')
  })
  return (
    <Page
      title={ruleLabel(rule)}
      back={back}
      description={<RuleStatusBadges rule={rule} />}
      actions={
        <>
          <Button writes busy={toggle.busy} onClick={() => void toggle.run()}>
            {isOn ? 'Disable' : 'Enable'}
          </Button>
          <Button writes variant="quiet" onClick={() => setDeleting(true)}>
            Delete
          </Button>
          <Button
            writes
            variant="primary"
            icon={<Pencil size={14} />}
            onClick={() => navigate(`/rules/${rule.id}`, { edit: 1 })}
          >
            Edit
          </Button>
        </>
      }
    >
      <StatusNotices rule={rule} />
      <Panel title="Matches">
        <Facts
          items={[
            [
              'Event types',
              <span key="events" class="rule-events">
                {rule.events.map(type => (
                  <code key={type}>{type}</code>
                ))}
              </span>,
            ],
            ['Severity', <MinSeverityLabel key="severity" least={rule.min_severity} />],
            ['Unhealthy destination', onUnhealthy[rule.on_unhealthy]],
            ['Created', <Time key="created" at={rule.created_at} />],
            ['Id', <Id key="id" id={rule.id} />],
          ]}
        />
      </Panel>
      <Targets rule={rule} />
      {deleting && <DeleteRule rule={rule} onClose={() => setDeleting(false)} />}
    </Page>
  )
}

const MinSeverityLabel = ({ least: minSeverity }: { least: string }) => (
  <span class="row">
    <SeverityBadge severity={minSeverity} />
    {minSeverity !== 'critical' && <span class="muted">and up</span>}
  </span>
)
