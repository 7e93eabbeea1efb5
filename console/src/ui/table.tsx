import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
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
  const chunks = useMemo(() => inChunks(rows), [rows])
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
      {chunks.map((chunk, index) => (
        <Chunk
          key={chunk[0] ? rowKey(chunk[0]) : index}
          isLong={chunks.length > 1}
          rows={chunk}
          {...{ columns, rowKey, rowHref, marked }}
        />
      ))}
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  )
}

/** Longer tables have several chunks, of which only those near the screen have rows in the document. */
const CHUNK = 100

function inChunks<Row>(rows: Row[]): Row[][] {
  const count = Math.max(Math.ceil(rows.length / CHUNK), 1)
  return Array.from({ length: count }, (_, index) => rows.slice(index * CHUNK, (index + 1) * CHUNK))
}

function Chunk<Row>({
  rows,
  columns,
  rowKey,
  rowHref,
  marked,
  isLong,
}: Pick<Props<Row>, 'rows' | 'columns' | 'rowKey'> & {
  rowHref: Props<Row>['rowHref']
  marked: Props<Row>['marked']
  isLong: boolean
}) {
  const body = useRef<HTMLTableSectionElement>(null)
  const [isNear, setIsNear] = useState(true)
  const [height, setHeight] = useState(0)
  useEffect(() => {
    if (!isLong || !body.current) return
    const observer = new IntersectionObserver(
      entries => {
        const last = entries.at(-1)
        if (!last) return
        if (last.boundingClientRect.height > 0) setHeight(last.boundingClientRect.height)
        setIsNear(last.isIntersecting)
      },
      { rootMargin: '1500px' },
    )
    observer.observe(body.current)
    return () => observer.disconnect()
  }, [isLong])
  if (isLong && !isNear) {
    return (
      // biome-ignore-start lint/a11y/noRedundantRoles: see above
      <tbody ref={body} role="rowgroup">
        <tr role="row" style={{ height: `${height}px` }}>
          <td role="cell" class="table-away" colSpan={columns.length}>
            {`${rows.length} rows`}
          </td>
        </tr>
      </tbody>
      // biome-ignore-end lint/a11y/noRedundantRoles: see above
    )
  }
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <tbody ref={body} role="rowgroup">
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
