import { useMemo } from 'preact/hooks'
import { useEventTypes } from '../api/catalogue'
import { useOwnTypes } from '../api/log-types'
import { isCustomType } from '../lib/event-types'
import { Combobox } from './combobox'

type Props = {
  label: string
  labelHidden?: boolean
  placeholder?: string
  hint?: string
  error?: string | null | undefined
  value: string
  onValue: (type: string) => void
  onExact?: (type: string) => void
}

const customType = (text: string) => (isCustomType(text) ? { value: text, label: text, content: `Use ${text}` } : null)

/** Selects one event type. People can search by name and description, or type a `custom.…` type. */
export function EventTypeSelect(props: Props) {
  const { types } = useEventTypes()
  const own = useOwnTypes()
  const options = useMemo(
    () =>
      [...own.map(type => ({ type, label: 'In your log' })), ...types].map(({ type, label }) => ({
        value: type,
        label: type,
        keywords: label,
        content: (
          <span class="event-type">
            <code>{type}</code>
            <span class="faint">{label}</span>
          </span>
        ),
      })),
    [types, own],
  )
  return <Combobox {...props} options={options} fromText={customType} />
}
