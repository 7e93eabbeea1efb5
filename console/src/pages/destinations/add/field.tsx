import type { EventType, KindField } from '../../../api/types'
import { EventTypePicker } from '../../../ui/event-type-picker'
import { Select, TextArea, TextField } from '../../../ui/field'

const thresholds = ['low', 'medium', 'high', 'critical'].map(value => ({ value, label: value }))

import { lines } from './lines'

type Props = {
  field: KindField
  value: string
  error: string | null
  onValue: (value: string) => void
}

/** The label of a field: `Secret (optional)`. */
export const fieldLabel = ({ label, required }: KindField): string => (required ? label : `${label} (optional)`)

const isMail = ({ type }: EventType) => type.startsWith('mail.')

/** One field of a form, by its type. */
export function AddField({ field, value, error, onValue }: Props) {
  const { type } = field
  const frame = { label: fieldLabel(field), hint: field.hint, error, value, onValue }
  if (type === 'event_types') {
    return (
      <EventTypePicker
        label={frame.label}
        first={isMail}
        value={lines(value)}
        onValue={types => onValue(types.join('\n'))}
        error={error}
      />
    )
  }
  const placeholder = field.placeholder ?? undefined
  if (type === 'threshold') return <Select {...frame} options={thresholds} />
  if (type === 'lines') return <TextArea {...frame} placeholder={placeholder} spellcheck={false} rows={3} />
  return (
    <TextField
      {...frame}
      placeholder={placeholder}
      type={type === 'project' ? 'text' : type}
      autocomplete={type === 'password' ? 'new-password' : 'off'}
      spellcheck={false}
    />
  )
}
