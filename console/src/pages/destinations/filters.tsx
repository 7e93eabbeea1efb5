import type { Kind } from '../../api/types'
import { kinds } from '../../lib/kinds'
import { Select, TextField } from '../../ui/field'
import type { Filter } from './filter'

const kindOptions = [
  { value: '', label: 'All kinds' },
  ...Object.entries(kinds).map(([value, { label }]) => ({ value: value as Kind, label })),
]
const statusOptions = [
  { value: '', label: 'Any status' },
  { value: 'healthy', label: 'Healthy' },
  { value: 'unhealthy', label: 'Unhealthy' },
  { value: 'unverified', label: 'Not verified' },
  { value: 'disabled', label: 'Disabled' },
]

type Props = {
  filter: Filter
  onFilter: (patch: Record<string, string | null>) => void
}

/** Search, kind and status, kept in the address of the page. */
export function Filters({ filter, onFilter }: Props) {
  return (
    <search class="destination-filters">
      <TextField
        label="Search destinations"
        labelHidden
        type="search"
        placeholder="Search by name, address or id"
        value={filter.search}
        onValue={search => onFilter({ search })}
      />
      <Select label="Kind" labelHidden value={filter.kind} options={kindOptions} onValue={kind => onFilter({ kind })} />
      <Select
        label="Status"
        labelHidden
        value={filter.status}
        options={statusOptions}
        onValue={status => onFilter({ status })}
      />
    </search>
  )
}
