import { Plus, X } from 'lucide-preact'
import { useId, useMemo, useState } from 'preact/hooks'
import { useEventTypes } from '../api/catalogue'
import type { EventType } from '../api/types'
import { byFamily, isCustomType } from '../lib/event-types'
import { matches } from '../lib/match'
import { plural } from '../lib/plural'
import { SeverityBadge } from './badge'
import { Button } from './button'
import { TextField } from './field'
import { ErrorState, Skeleton } from './states'
import './event-type-picker.css'

type Props = {
  label?: string
  /** The chosen types, including `custom.…` types. */
  value: readonly string[]
  onValue: (types: string[]) => void
  /** Which types of the catalogue to offer; all by default. */
  offer?: (type: EventType) => boolean
  /** Which types to list first; by default, the order of the catalogue. */
  first?: (type: EventType) => boolean
  error?: string | null
}

/** Selects any number of event types: single ones, whole groups, and `custom.…` types. */
export function EventTypePicker({ label = 'Event types', value, onValue, offer, first, error: errorText }: Props) {
  const { types, error, isLoading, retry } = useEventTypes()
  const [search, setSearch] = useState('')
  const id = useId()

  const offered = useMemo(() => {
    const matching = offer ? types.filter(offer) : types
    return first ? matching.toSorted((a, b) => Number(first(b)) - Number(first(a))) : matching
  }, [types, offer, first])
  const found = offered.filter(({ type, label }) => matches(search, `${type} ${label}`))
  const chosen = new Set(value)
  const custom = search.trim()
  const canAdd = isCustomType(custom) && !chosen.has(custom)

  const set = (some: readonly string[], on: boolean) =>
    onValue(on ? [...value, ...some.filter(type => !chosen.has(type))] : value.filter(type => !some.includes(type)))
  const add = () => {
    set([custom], true)
    setSearch('')
  }

  return (
    <fieldset class="types" aria-describedby={errorText ? `${id}-error` : undefined}>
      <legend class="field-label">{label}</legend>
      <TextField
        label="Search event types"
        labelHidden
        type="search"
        placeholder="Search, or type custom.something"
        value={search}
        onValue={setSearch}
        onKeyDown={event => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          if (canAdd) add()
        }}
      />
      {value.length > 0 && <Chosen types={value} onRemove={type => set([type], false)} />}
      {canAdd && (
        <div>
          <Button size="s" icon={<Plus size={14} />} onClick={add}>
            {`Add ${custom}`}
          </Button>
        </div>
      )}
      <div class="types-list">
        {types.length === 0 && error && <ErrorState error={error} onRetry={retry} />}
        {isLoading && <Skeleton lines={10} label="Loading event types" />}
        {byFamily(found).map(([family, members]) => (
          <Family key={family} name={family} members={members} chosen={chosen} onSet={set} />
        ))}
        {!isLoading && types.length > 0 && found.length === 0 && !canAdd && (
          <p class="types-none">
            No matching event types. Custom types start with custom., for example custom.order.paid.
          </p>
        )}
      </div>
      <p class="field-hint" aria-live="polite">
        {value.length === 0 ? 'None selected.' : <span class="hidden">{chosenText(value)}</span>}
      </p>
      {errorText && (
        <p id={`${id}-error`} class="field-error">
          {errorText}
        </p>
      )}
    </fieldset>
  )
}

const MAX_UNFOLDED = 3
const chosenText = (types: readonly string[]) => `${plural(types.length, 'event type')} selected`

/** The chosen types. A long list starts collapsed, so that the list of all types stays in view. */
function Chosen({ types, onRemove }: { types: readonly string[]; onRemove: (type: string) => void }) {
  const [open] = useState(types.length <= MAX_UNFOLDED)
  return (
    <details class="types-chosen" open={open}>
      <summary>{chosenText(types)}</summary>
      <ul aria-label="Selected event types">
        {types.map(type => (
          <li key={type}>
            <code>{type}</code>
            <button type="button" aria-label={`Remove ${type}`} onClick={() => onRemove(type)}>
              <X size={13} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </details>
  )
}

function Family({
  name,
  members,
  chosen,
  onSet,
}: {
  name: string
  members: EventType[]
  chosen: Set<string>
  onSet: (types: string[], on: boolean) => void
}) {
  const all = members.map(({ type }) => type)
  const on = all.filter(type => chosen.has(type)).length
  const every = on === all.length
  return (
    <fieldset class="types-group" aria-label={name}>
      <div class="types-family">
        <span>{name}</span>
        <button
          type="button"
          aria-label={`${every ? 'Clear' : 'Select all of'} ${name}`}
          onClick={() => onSet(all, !every)}
        >
          {every ? 'Clear' : 'Select all'}
        </button>
      </div>
      {members.map(({ type, label, severity }) => (
        <label key={type} class="option">
          <input
            type="checkbox"
            checked={chosen.has(type)}
            onChange={event => onSet([type], event.currentTarget.checked)}
          />
          <span class="event-type">
            <code>{type}</code>
            <span class="faint">{label}</span>
          </span>
          <SeverityBadge severity={severity} />
        </label>
      ))}
    </fieldset>
  )
}
