import { Select, TextArea, TextField } from '../../../ui/field'
import type { FormField } from './kinds'

const thresholds = ['low', 'medium', 'high', 'critical'].map(value => ({ value, label: value }))

type Props = {
  field: FormField
  value: string
  error: string | null
  onValue: (value: string) => void
}

/** One field of a form, by its type. */
export function AddField({ field, value, error, onValue }: Props) {
  const { label, placeholder, type = 'text' } = field
  const frame = { label, hint: field.hint, error, value, onValue }
  if (type === 'threshold') {
    return (
      <Select {...frame} hint="The minimum severity of the project’s analyses that it receives." options={thresholds} />
    )
  }
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
