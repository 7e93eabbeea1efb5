import { useEffect, useState } from 'preact/hooks'
import { TextField } from './field'

/** A text filter that takes effect on Enter or when it loses focus, not on every keystroke. */
export function CommittedField({
  label,
  placeholder,
  value,
  onValue,
}: {
  label: string
  placeholder?: string
  value: string
  onValue: (value: string) => void
}) {
  const [draft, setDraft] = useState(value)
  useEffect(() => setDraft(value), [value])
  const commit = () => {
    if (draft.trim() !== value) onValue(draft.trim())
  }
  return (
    <TextField
      label={label}
      placeholder={placeholder}
      spellcheck={false}
      autocomplete="off"
      value={draft}
      onValue={setDraft}
      onBlur={commit}
      onKeyDown={event => event.key === 'Enter' && commit()}
    />
  )
}
