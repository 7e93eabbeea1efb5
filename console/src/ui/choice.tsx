import { useId } from 'preact/hooks'
import './choice.css'

/** Radio buttons side by side, styled as one control. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onValue,
}: {
  label: string
  options: readonly { value: T; label: string }[]
  value: T
  onValue: (value: T) => void
}) {
  const name = useId()
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map(option => (
        <label key={option.value} class="choice-option">
          <input
            type="radio"
            class="hidden"
            name={name}
            checked={option.value === value}
            onChange={() => onValue(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
