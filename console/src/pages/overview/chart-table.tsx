import type { Overview } from '../../api/types'
import { STACK_ORDER, sum } from '../../lib/chart'
import { count } from '../../lib/plural'
import { dayHour } from '../../lib/time'
import { stateStyles } from '../../ui/badge'
import { Table } from '../../ui/table'

/** The numbers of the chart, newest first. */
export function ChartTable({ overview }: { overview: Overview }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be focusable
    <section class="chart-table" aria-label="Deliveries over time as a table" tabIndex={0}>
      <Table
        label="Deliveries over time"
        rows={overview.buckets.toReversed()}
        rowKey={bucket => bucket.at}
        columns={[
          { header: 'From', cell: bucket => dayHour(bucket.at), main: true },
          ...STACK_ORDER.map(state => ({
            header: stateStyles[state].label,
            cell: (bucket: Overview['buckets'][number]) => count(bucket[state]),
            align: 'end' as const,
          })),
          { header: 'Total', cell: bucket => count(sum(bucket)), align: 'end' },
        ]}
      />
    </section>
  )
}
