import { chosenPeriod, PERIODS } from '../lib/period'
import { fromLocalInput, toLocalInput } from '../lib/time'
import { useQuery } from '../router/hash'
import { Select, TextField } from './field'

const DAY_MS = 86_400_000

/** The time filter of a list, stored in the address: a span until now, or a custom one. */
export function PeriodFilter() {
  const [query, setQuery] = useQuery()
  const chosen = chosenPeriod(query)
  const choose = (value: string) =>
    setQuery(
      value === 'custom'
        ? { hours: null, since: new Date(Date.now() - DAY_MS).toISOString() }
        : { hours: value, since: null, until: null },
    )
  return (
    <>
      <Select label="Time" options={PERIODS} value={chosen} onValue={choose} />
      {chosen === 'custom' && (
        <>
          <MomentField label="From" value={query.since} onValue={since => setQuery({ since })} />
          <MomentField label="Before" value={query.until} onValue={until => setQuery({ until })} />
        </>
      )}
    </>
  )
}

function MomentField({
  label,
  value,
  onValue,
}: {
  label: string
  value: string | undefined
  onValue: (time: string | null) => void
}) {
  const at = new Date(value ?? '')
  return (
    <TextField
      label={label}
      type="datetime-local"
      value={Number.isNaN(at.getTime()) ? '' : toLocalInput(at)}
      onValue={text => onValue(fromLocalInput(text))}
    />
  )
}
