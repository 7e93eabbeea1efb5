import { ListFilter, Plus, SearchX } from 'lucide-preact'
import { usePages } from '../../api/hooks'
import type { Rule } from '../../api/types'
import { matches } from '../../lib/match'
import { ruleLabel } from '../../lib/rule-label'
import { href, navigate, useQuery } from '../../router/hash'
import { SeverityBadge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { TextField } from '../../ui/field'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { type Column, LoadMore, Table } from '../../ui/table'
import { ruleStatuses } from './names'
import { RuleStatusBadges } from './status'
import { TargetNames, useRuleTargets } from './targets'
import './rules.css'

const NewButton = () => (
  <Button writes variant="primary" icon={<Plus size={15} />} onClick={() => navigate('/rules/new')}>
    New rule
  </Button>
)

/** All rules. */
export function RuleList() {
  const { rows } = useRules()
  return (
    <Page
      title="Rules"
      description="Rules send matching events to destinations."
      // An empty list has its own button.
      actions={rows?.length !== 0 && <NewButton />}
    >
      <Panel flush>
        <Rules />
      </Panel>
    </Page>
  )
}

const useRules = () => usePages('/v1/notifications/channels', {}, page => page.channels)

function useColumns(): Column<Rule>[] {
  const targetsOf = useRuleTargets()
  return [
    { header: 'Matches', main: true, cell: rule => <code>{ruleLabel(rule)}</code> },
    { header: 'Minimum severity', width: '9.5rem', cell: rule => <SeverityBadge severity={rule.min_severity} /> },
    { header: 'Sends to', width: '38%', cell: rule => <TargetNames targets={targetsOf(rule)} /> },
    { header: 'Status', width: '8.5rem', corner: true, cell: rule => <RuleStatusBadges rule={rule} /> },
  ]
}

function Rules() {
  const pages = useRules()
  const columns = useColumns()
  const [{ search = '' }, setQuery] = useQuery()
  if (pages.error && !pages.rows) return <ErrorState error={pages.error} onRetry={pages.mutate} />
  if (!pages.rows) return <Skeleton lines={6} label="Loading rules" />
  if (pages.rows.length === 0) {
    return (
      <EmptyState icon={<ListFilter size={20} />} title="No rules yet" action={<NewButton />}>
        A rule matches events by type and severity and sends them to your destinations. A preview shows what it would do
        before you save it.
      </EmptyState>
    )
  }
  const found = pages.rows.filter(rule => matches(search, searchText(rule)))
  return (
    <>
      <search class="rule-filter">
        <TextField
          label="Search rules"
          labelHidden
          type="search"
          placeholder="Search by event type, destination or status"
          value={search}
          onValue={search => setQuery({ search })}
        />
      </search>
      {found.length > 0 ? (
        <Table
          label="Rules"
          columns={columns}
          rows={found}
          rowKey={rule => rule.id}
          rowHref={rule => href(`/rules/${rule.id}`)}
        />
      ) : (
        <EmptyState
          icon={<SearchX size={20} />}
          title="No matching rules"
          action={<Button onClick={() => setQuery({ search: null })}>Clear search</Button>}
        >
          {pages.hasMore ? 'Show more to search older rules.' : 'Change or clear the search.'}
        </EmptyState>
      )}
      <LoadMore pages={pages} />
    </>
  )
}

const searchText = (rule: Rule): string =>
  [
    ...rule.events,
    ...(rule.delivery_methods ?? []).map(method => method.destination),
    ...ruleStatuses(rule),
    rule.id,
  ].join(' ')
