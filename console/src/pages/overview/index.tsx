import { useState } from 'preact/hooks'
import { useGet } from '../../api/hooks'
import type { Overview } from '../../api/types'
import { useWhoami } from '../../api/whoami'
import { count, plural } from '../../lib/plural'
import { href, useQuery } from '../../router/hash'
import { Button } from '../../ui/button'
import { Choice } from '../../ui/choice'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { ErrorState, Notice, Skeleton } from '../../ui/states'
import { AttentionList } from './attention'
import { Chart } from './chart'
import { ChartTable } from './chart-table'
import { FirstSteps, isNew } from './first-steps'
import { Totals } from './totals'

const SPANS = [
  { value: '24', label: '24 hours' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
] as const

export function OverviewPage() {
  const [query, setQuery] = useQuery()
  const span = SPANS.find(span => span.value === query.hours) ?? SPANS[0]
  const hours = span.value
  const { data, error, mutate } = useGet(
    '/v1/overview',
    { params: { query: { hours: Number(hours) } } },
    { keepPrevious: true },
  )
  return (
    <Page
      title="Overview"
      description={data && <Summary overview={data} />}
      actions={
        data && isNew(data) ? null : (
          <Choice label="Time" options={SPANS} value={hours} onValue={hours => setQuery({ hours })} />
        )
      }
    >
      {data ? (
        <>
          {error && <Notice tone="warn">{`These numbers may be out of date. ${error.message}`}</Notice>}
          <Content overview={data} span={span} />
        </>
      ) : (
        <Panel flush>
          {error ? <ErrorState error={error} onRetry={() => void mutate()} /> : <Skeleton lines={9} />}
        </Panel>
      )}
    </Page>
  )
}

function Summary({ overview: { destinations, rules } }: { overview: Overview }) {
  const { project_id } = useWhoami()
  return (
    <>
      <a href={href('/destinations')}>{plural(destinations.total, 'destination')}</a>
      {destinations.unhealthy > 0 && `, ${count(destinations.unhealthy)} unhealthy`}
      {destinations.unverified > 0 && `, ${count(destinations.unverified)} not verified`}
      {' · '}
      <a href={href('/rules')}>{plural(rules.total, 'rule')}</a>
      {rules.paused > 0 && `, ${count(rules.paused)} paused`}
      {project_id && ` · Your key belongs to the project ${project_id} and sees only deliveries of its events.`}
    </>
  )
}

function Content({ overview, span }: { overview: Overview; span: (typeof SPANS)[number] }) {
  const [inNumbers, setInNumbers] = useState(false)
  if (isNew(overview)) return <FirstSteps overview={overview} />
  return (
    <>
      <AttentionList items={overview.attention} span={span.label} />
      <Panel
        title="Deliveries"
        hint="By the time of the event"
        flush
        actions={
          <Button size="s" onClick={() => setInNumbers(!inNumbers)}>
            {inNumbers ? 'Show as chart' : 'Show as table'}
          </Button>
        }
      >
        <Totals totals={overview.totals} hours={span.value} />
        {!overview.complete && (
          <Notice tone="warn">There are too many deliveries to count. The oldest ones are not included.</Notice>
        )}
        {inNumbers ? (
          <ChartTable overview={overview} />
        ) : (
          <div class="chart-box">
            <Chart overview={overview} />
          </div>
        )}
      </Panel>
    </>
  )
}
