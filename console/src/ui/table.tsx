import type { ComponentChildren } from 'preact'
import { Button } from './button'
import './table.css'

export type Column<Row> = {
  header: string
  cell: (row: Row) => ComponentChildren
  /** The column that names the row. It contains the link, and is the title of the card on a phone. */
  main?: boolean
  align?: 'end'
  /** Hidden on a phone. */
  wideOnly?: boolean
  /** Shown beside the title of the card on a phone. Such cards have two lines and no labels. */
  corner?: boolean
  /** A CSS width, such as `12rem`. Columns without one share the rest. */
  width?: string
}

type Props<Row> = {
  /** The name of the table for screen readers. */
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** The target of a click on the row. */
  rowHref?: (row: Row) => string
  /** Whether to highlight the row. */
  marked?: (row: Row) => boolean
}

/**
 * A table. On a phone, each row is a card. The roles are explicit because browsers drop them when CSS turns rows and
 * cells into blocks.
 */
export function Table<Row>({ label, columns, rows, rowKey, rowHref, marked }: Props<Row>) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table
      class={columns.some(column => column.corner) ? 'table table-short' : 'table'}
      role="table"
      aria-label={label}
    >
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(column => (
            <th
              key={column.header}
              role="columnheader"
              scope="col"
              class={column.align === 'end' ? 'table-end' : ''}
              style={column.width ? { width: column.width } : {}}
            >
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(row => (
          <tr
            key={rowKey(row)}
            role="row"
            class={`${rowHref ? 'table-linked' : ''} ${marked?.(row) ? 'table-marked' : ''}`}
          >
            {columns.map(column => (
              <td key={column.header} role="cell" class={cellClass(column)} data-label={column.header}>
                {column.main && rowHref ? (
                  <a class="table-link" href={rowHref(row)}>
                    {column.cell(row)}
                  </a>
                ) : (
                  column.cell(row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  )
}

function cellClass<Row>({ main, align, wideOnly, corner }: Column<Row>): string {
  const classes = [main && 'table-main', align && 'table-end', wideOnly && 'table-wide', corner && 'table-corner']
  return classes.filter(Boolean).join(' ')
}

/** Shown in place of a missing value. Hidden in cards. */
export const NoValue = () => <span class="faint table-none">–</span>

/** A button below a table that loads the next page. */
export function LoadMore({ pages }: { pages: { hasMore: boolean; isLoadingMore: boolean; loadMore: () => void } }) {
  if (!pages.hasMore) return null
  return (
    <div class="table-more">
      <Button size="s" busy={pages.isLoadingMore} onClick={pages.loadMore}>
        Show more
      </Button>
    </div>
  )
}
