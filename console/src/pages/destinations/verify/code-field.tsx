import { TextField } from '../../../ui/field'
import { CODE_LENGTH, digits } from './code'
import './code-field.css'

type Props = {
  value: string
  error: string | null
  onValue: (code: string) => void
  /** Called when the last digit has been typed or a whole code pasted. */
  onComplete: (code: string) => void
}

/** A field for six digits, which phones and browsers can fill in automatically. */
export function CodeField({ value, error, onValue, onComplete }: Props) {
  return (
    <div class="code-field">
      <TextField
        label="Code"
        inputMode="numeric"
        autocomplete="one-time-code"
        placeholder="000000"
        spellcheck={false}
        value={value}
        error={error}
        onValue={text => {
          const code = digits(text)
          onValue(code)
          if (code.length === CODE_LENGTH && code !== value) onComplete(code)
        }}
      />
    </div>
  )
}
