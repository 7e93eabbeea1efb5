import type { ComponentChildren } from 'preact'
import { Button } from './button'
import './table.css'

export type Column<Row> = {
  header: string
  cell: (row: Row) => ComponentChildren
  /** The column that names the row: it carries the link, and is the title of the row's card on a phone. */
  main?: boolean
  align?: 'end'
  /** Left out of the card on a phone. */
  wideOnly?: boolean
  /** Beside the title of the card on a phone, which is two lines without labels then. */
  corner?: boolean
  /** A CSS width, e.g. `12rem`; the rest share what is left. */
  width?: string
}

type Props<Row> = {
  /** What the table is of, for screen readers. */
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** Where a click anywhere on the row leads. */
  rowHref?: (row: Row) => string
}

/**
 * A table; on a phone each row is a card. The roles are written out because a browser forgets them when CSS makes blocks
 * of rows and cells.
 */
export function Table<Row>({ label, columns, rows, rowKey, rowHref }: Props<Row>) {
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
          <tr key={rowKey(row)} role="row" class={rowHref ? 'table-linked' : ''}>
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

/** In the place of a value that a row does not have; left out of its card. */
export const NoValue = () => <span class="faint table-none">–</span>

/** Below a table of `usePages`: the next page, and how many rows there are so far. */
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
