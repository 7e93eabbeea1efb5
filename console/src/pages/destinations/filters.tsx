import { useDestinationKinds } from '../../api/destination-kinds'
import { Select, TextField } from '../../ui/field'
import { channelType } from './add/request'
import type { Filter } from './filter'

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

/** The filters by text, kind and status, stored in the address of the page. */
export function Filters({ filter, onFilter }: Props) {
  const { kinds, titleOf } = useDestinationKinds()
  // The kind in the address has an option even before the kinds are loaded.
  const values = new Set([...kinds.map(({ kind }) => channelType(kind)), ...(filter.kind ? [filter.kind] : [])])
  const kindOptions = [
    { value: '', label: 'All kinds' },
    ...[...values].map(value => ({ value, label: titleOf(value) })),
  ]
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
