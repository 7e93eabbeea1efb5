import { History } from 'lucide-preact'
import { usePages } from '../../api/hooks'
import type { AuditEntry } from '../../api/types'
import { useRefusal } from '../../api/whoami'
import { AUDIT_FILTERS, AUDITED, actionTitle, changeLine } from '../../lib/audit'
import { period } from '../../lib/period'
import { useNow } from '../../lib/use-now'
import { useQuery } from '../../router/hash'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { CommittedField } from '../../ui/committed-field'
import { Select } from '../../ui/field'
import { Filters } from '../../ui/filters'
import { Id, shortId } from '../../ui/id'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { PeriodFilter } from '../../ui/period-filter'
import { EmptyState, ErrorState, Notice, Skeleton } from '../../ui/states'
import { LoadMore, NoValue, Table } from '../../ui/table'
import { Time } from '../../ui/time'
import './audit.css'

const REFRESH_MS = 15_000
const DESCRIPTION = 'Who changed what. Entries are kept for a year.'

/** The audit log, for admins. */
export function AuditPage() {
  const refused = useRefusal('account')
  const [query, setQuery] = useQuery()
  const activeFilters = AUDIT_FILTERS.filter(name => query[name]).length
  const clear = () => setQuery(Object.fromEntries(AUDIT_FILTERS.map(name => [name, null])))
  if (refused) {
    return (
      <Page title="Audit log">
        <Panel flush>
          <EmptyState icon={<History size={20} />} title="For admins only">
            The audit log shows what everybody in the account has changed. Ask an admin.
          </EmptyState>
        </Panel>
      </Page>
    )
  }
  return (
    <Page title="Audit log" description={DESCRIPTION}>
      <Filters activeCount={activeFilters} onClear={clear}>
        <Select
          label="Changes of"
          options={AUDITED}
          value={query.action ?? ''}
          onValue={action => setQuery({ action })}
        />
        <PeriodFilter />
        <CommittedField
          label="Key id"
          placeholder="key_… or admin"
          value={query.key ?? ''}
          onValue={key => setQuery({ key })}
        />
        <CommittedField
          label="Resource id"
          placeholder="Any"
          value={query.resource ?? ''}
          onValue={resource => setQuery({ resource })}
        />
      </Filters>
      <Panel flush>
        <Rows query={query} filtered={activeFilters > 0} onClear={clear} />
      </Panel>
    </Page>
  )
}

function Rows({ query, filtered, onClear }: { query: Record<string, string>; filtered: boolean; onClear: () => void }) {
  const now = useNow(60_000)
  const wanted = {
    ...period(query, now),
    ...(query.action ? { action: query.action } : {}),
    ...(query.key ? { key_id: query.key } : {}),
    ...(query.resource ? { resource: query.resource } : {}),
  }
  const pages = usePages('/v1/audit', { params: { query: wanted } }, page => page.entries, {
    refreshEvery: REFRESH_MS,
    keepPrevious: true,
  })
  if (pages.error && !pages.rows) return <ErrorState error={pages.error} onRetry={pages.mutate} />
  if (!pages.rows) return <Skeleton lines={8} />
  if (pages.rows.length === 0 && !pages.hasMore) {
    return (
      <EmptyState
        icon={<History size={20} />}
        title={filtered ? 'No matching changes' : 'No changes yet'}
        action={filtered && <Button onClick={onClear}>Clear filters</Button>}
      >
        {filtered ? 'Choose a longer time span or fewer filters.' : 'Every change of the account appears here.'}
      </EmptyState>
    )
  }
  return (
    <>
      {pages.error && <Notice tone="warn">{`This may be out of date. ${pages.error.message}`}</Notice>}
      {pages.rows.length > 0 && <Log entries={pages.rows} />}
      <LoadMore pages={pages} />
    </>
  )
}

function Log({ entries }: { entries: AuditEntry[] }) {
  return (
    <Table
      label="Changes"
      rows={entries}
      rowKey={entry => entry.id}
      columns={[
        { header: 'Action', main: true, cell: entry => <Action entry={entry} /> },
        { header: 'Who', width: '12rem', cell: who },
        {
          header: 'Resource',
          width: '11rem',
          cell: ({ resource_id }) => (resource_id ? <Id id={resource_id} short /> : <NoValue />),
        },
        { header: 'Fields', cell: ({ changes }) => <Changes changes={changes} /> },
        { header: 'When', width: '9rem', align: 'end', cell: ({ at }) => <Time at={at} /> },
      ]}
    />
  )
}

const Action = ({ entry: { action, status } }: { entry: AuditEntry }) => (
  <span class="audit-lines">
    <span>{actionTitle(action)}</span>
    {status !== null && status !== undefined && status >= 500 && (
      <Badge tone="amber" title="The request failed. The change may have been made or not.">
        {`Answered ${status}`}
      </Badge>
    )}
  </span>
)

function who({ key_id, key_name }: AuditEntry) {
  if (key_id === 'admin') return <span title="Somebody with access to the AWS account">Operator of the deployment</span>
  return (
    <span class="audit-lines">
      {key_name && <bdi class="clamp">{key_name}</bdi>}
      <code class="faint" title={key_id}>
        {shortId(key_id)}
      </code>
    </span>
  )
}

function Changes({ changes }: { changes: AuditEntry['changes'] }) {
  if (changes.length === 0) return <NoValue />
  return (
    <ul class="audit-lines">
      {changes.map(change => (
        <li key={change.field}>
          <bdi>{changeLine(change)}</bdi>
        </li>
      ))}
    </ul>
  )
}
