import type { Since } from '../lib/since'
import { toLocalInput } from '../lib/time'
import { Select, TextField } from './field'

type Props = {
  since: Since
  onSince: (since: Since) => void
  /** The label of the given time, if there is one: "Since the first failure: …". */
  given: string | null
  other: string
  onOther: (other: string) => void
}

/** Selects a start time: a common span or any time. */
export function SinceField({ since, onSince, given, other, onOther }: Props) {
  const options: { value: Since; label: string }[] = [
    ...(given ? [{ value: 'given' as const, label: given }] : []),
    { value: 'hour', label: 'The last hour' },
    { value: 'day', label: 'The last 24 hours' },
    { value: 'week', label: 'The last 7 days' },
    { value: 'other', label: 'Custom…' },
  ]
  return (
    <>
      <Select
        label="Events from"
        value={since}
        options={options}
        onValue={value => onSince(value as Since)}
        hint="Deliveries are kept for 30 days."
      />
      {since === 'other' && (
        <TextField
          label="Events since"
          type="datetime-local"
          value={other}
          max={toLocalInput(new Date())}
          onValue={onOther}
          hint="In your time zone."
        />
      )}
    </>
  )
}
