import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import './field.css'

type Frame = {
  label: string
  /** What to enter, or what the value is for. */
  hint?: ComponentChildren
  /** What is wrong with the value. */
  error?: string | null | undefined
  /** Hides the label visually, for example for a filter whose options explain it. */
  labelHidden?: boolean
}

type Described = { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }

/**
 * A label, a control, a hint and an error, connected for screen readers. `children` renders the control with the given
 * attributes.
 */
export function Field({
  label,
  hint,
  error,
  labelHidden,
  children,
}: Frame & { children: (a: Described) => ComponentChildren }) {
  const id = useId()
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <div class="field">
      <label for={id} class={labelHidden ? 'hidden' : 'field-label'}>
        {label}
      </label>
      {children({ id, 'aria-describedby': describedBy, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} class="field-error">
          {error}
        </p>
      )}
    </div>
  )
}

type Over<T extends EventTarget, A extends JSX.HTMLAttributes<T>> = Frame &
  Omit<A, 'label' | 'onInput' | 'onChange' | 'value'>

export function TextField({
  label,
  hint,
  error,
  labelHidden,
  value,
  onValue,
  ...rest
}: Over<HTMLInputElement, JSX.InputHTMLAttributes<HTMLInputElement>> & {
  value: string
  onValue: (value: string) => void
}) {
  return (
    <Field {...{ label, hint, error, labelHidden: labelHidden ?? false }}>
      {attributes => (
        <input
          type="text"
          {...rest}
          {...attributes}
          class="control"
          value={value}
          onInput={event => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

export function TextArea({
  label,
  hint,
  error,
  labelHidden,
  value,
  onValue,
  ...rest
}: Over<HTMLTextAreaElement, JSX.TextareaHTMLAttributes<HTMLTextAreaElement>> & {
  value: string
  onValue: (value: string) => void
}) {
  return (
    <Field {...{ label, hint, error, labelHidden: labelHidden ?? false }}>
      {attributes => (
        <textarea
          {...rest}
          {...attributes}
          class={`control control-area ${rest.class ?? ''}`}
          value={value}
          onInput={event => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

export type Option = { value: string; label: string }

export function Select({
  label,
  hint,
  error,
  labelHidden,
  value,
  onValue,
  options,
  ...rest
}: Over<HTMLSelectElement, JSX.SelectHTMLAttributes<HTMLSelectElement>> & {
  value: string
  onValue: (value: string) => void
  options: readonly Option[]
}) {
  return (
    <Field {...{ label, hint, error, labelHidden: labelHidden ?? false }}>
      {attributes => (
        <select
          {...rest}
          {...attributes}
          class="control control-select"
          value={value}
          onChange={event => onValue(event.currentTarget.value)}
        >
          {options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function Checkbox({
  label,
  hint,
  checked,
  onChecked,
}: {
  label: ComponentChildren
  hint?: ComponentChildren
  checked: boolean
  onChecked: (checked: boolean) => void
}) {
  const id = useId()
  return (
    <div class="check">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={event => onChecked(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} class="field-hint">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
