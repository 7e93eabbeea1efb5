import type { ComponentChildren } from 'preact'
import { useId, useMemo, useRef, useState } from 'preact/hooks'
import { matches } from '../lib/match'
import { usePopoverBelow } from '../lib/use-popover-below'
import { Field } from './field'
import './combobox.css'

export type ComboOption = {
  value: string
  /** The text of the field when this option is chosen. */
  label: string
  /** Additional text to search in. */
  keywords?: string
  /** The option in the list, if it differs from the label. */
  content?: ComponentChildren
}

type Props = {
  label: string
  labelHidden?: boolean
  placeholder?: string
  hint?: ComponentChildren
  error?: string | null | undefined
  options: readonly ComboOption[]
  /** '' if nothing is chosen. */
  value: string
  onValue: (value: string) => void
  /** Called while typing, when the text matches an option exactly. */
  onExact?: (value: string) => void
  /** Creates an option from the typed text, for values outside the list. */
  fromText?: (text: string) => ComboOption | null
}

const MAX_SHOWN = 60

/** A text field that filters a list of options. An empty field means no choice. */
export function Combobox({ options, value, onValue, onExact, fromText, placeholder, ...frame }: Props) {
  const list = useId()
  const [open, setOpen] = useState(false)
  const [text, setText] = useState<string | null>(null)
  const [active, setActive] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const box = useRef<HTMLDivElement>(null)
  usePopoverBelow(input, box, open)

  const chosen = options.find(option => option.value === value)
  const shown = text ?? chosen?.label ?? value
  const found = useMemo(() => {
    const search = (text ?? '').trim()
    const matching = options.filter(option =>
      matches(search, `${option.value} ${option.label} ${option.keywords ?? ''}`),
    )
    const custom = search && !options.some(option => option.value === search) ? fromText?.(search) : null
    return [...(custom ? [custom] : []), ...matching].slice(0, MAX_SHOWN)
  }, [options, text, fromText])

  const exact = (text: string): ComboOption | null | undefined => {
    const trimmed = text.trim()
    return trimmed === ''
      ? null
      : (options.find(option => option.value === trimmed || option.label === trimmed) ?? fromText?.(trimmed))
  }
  const close = () => {
    setOpen(false)
    setText(null)
  }
  const choose = (option: ComboOption) => {
    close()
    onValue(option.value)
  }
  const move = (step: number) => {
    setOpen(true)
    const next = open ? (active + step + found.length) % Math.max(found.length, 1) : 0
    setActive(next)
    document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      move(event.key === 'ArrowDown' ? 1 : -1)
    } else if (event.key === 'Enter' && open) {
      event.preventDefault()
      const option = found[active]
      if (option) choose(option)
    } else if (event.key === 'Escape' && open) {
      // Close the list, not the dialog around it.
      event.preventDefault()
      event.stopPropagation()
      close()
    }
  }
  // On leaving the field, choose the option that matches its text. An empty text clears the choice.
  const onBlur = () => {
    if (text !== null) {
      const match = exact(text)
      if (match) onValue(match.value)
      else if (text.trim() === '') onValue('')
    }
    close()
  }

  return (
    <Field {...frame}>
      {attributes => (
        <div class="combo">
          <input
            {...attributes}
            ref={input}
            class="control"
            role="combobox"
            type="text"
            autocomplete="off"
            spellcheck={false}
            aria-expanded={open}
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={open && found.length > 0 ? `${list}-${active}` : undefined}
            placeholder={placeholder}
            value={shown}
            onFocus={event => event.currentTarget.select()}
            onClick={() => setOpen(true)}
            onInput={event => {
              const typed = event.currentTarget.value
              const match = exact(typed)
              setText(typed)
              setActive(0)
              setOpen(true)
              if (match) onExact?.(match.value)
            }}
            onKeyDown={onKeyDown}
            onBlur={onBlur}
          />
          <div id={list} class="combo-list" role="listbox" aria-label="Choices" popover="manual" ref={box}>
            {found.map((option, index) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
              <div
                key={option.value}
                id={`${list}-${index}`}
                role="option"
                aria-selected={option.value === value}
                class={index === active ? 'combo-option combo-active' : 'combo-option'}
                onMouseDown={event => event.preventDefault()}
                onMouseMove={() => setActive(index)}
                onClick={() => choose(option)}
              >
                {option.content ?? option.label}
              </div>
            ))}
            {found.length === 0 && <p class="combo-none">No matches.</p>}
          </div>
        </div>
      )}
    </Field>
  )
}
