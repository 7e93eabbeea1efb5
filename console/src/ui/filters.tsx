import { ListFilter } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from './button'
import './filters.css'

/** The filters above a list. On a phone, a button with the number of active filters opens them. */
export function Filters({
  activeCount,
  onClear,
  children,
}: {
  activeCount: number
  onClear: () => void
  children: ComponentChildren
}) {
  const [open, setOpen] = useState(false)
  return (
    <search class={open ? 'filters filters-open' : 'filters'}>
      <div class="filters-toggle">
        <Button icon={<ListFilter size={15} />} aria-expanded={open} onClick={() => setOpen(!open)}>
          {activeCount > 0 ? `Filters (${activeCount})` : 'Filters'}
        </Button>
      </div>
      <div class="filters-fields">
        {children}
        {activeCount > 0 && (
          <Button variant="quiet" onClick={onClear}>
            Clear filters
          </Button>
        )}
      </div>
    </search>
  )
}
