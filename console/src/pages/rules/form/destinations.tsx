import { useId, useState } from 'preact/hooks'
import { useDestinations } from '../../../api/catalogue'
import { useDestinationKinds } from '../../../api/destination-kinds'
import type { Destination } from '../../../api/types'
import { canBeTargeted } from '../../../lib/abilities'
import { hasId } from '../../../lib/destination-id'
import { matches } from '../../../lib/match'
import { plural } from '../../../lib/plural'
import { href } from '../../../router/hash'
import { HealthBadge } from '../../../ui/badge'
import { Button, ButtonLink } from '../../../ui/button'
import { DestinationLabel } from '../../../ui/destination-label'
import { TextField } from '../../../ui/field'
import { shortId } from '../../../ui/id'
import { EmptyState, ErrorState, Skeleton } from '../../../ui/states'

type Props = {
  value: readonly string[]
  onValue: (ids: string[]) => void
  error: string | null
  /** Called to verify a destination that cannot be selected yet. */
  onVerify: (destination: Destination) => void
}

/** The maximum number of destinations that are shown at a time. The search covers all. */
const MAX_SHOWN = 100

/** Selects any number of destinations. People can search by name, address and kind. */
export function DestinationList({ value, onValue, error, onVerify }: Props) {
  const { destinations, isComplete, isLoading, error: loadError, mutate } = useDestinations()
  const { titleOf } = useDestinationKinds()
  const [search, setSearch] = useState('')
  const id = useId()
  const offered = destinations.filter(canBeTargeted)
  const found = offered.filter(destination =>
    matches(search, `${destination.name ?? ''} ${destination.destination} ${titleOf(destination.channel_type)}`),
  )
  const isChosen = (destination: Destination) => value.some(id => hasId(destination, id))
  // Chosen ones first if not all are shown.
  const shown = found.length > MAX_SHOWN ? [...found].sort((a, b) => Number(isChosen(b)) - Number(isChosen(a))) : found
  const deletedIds = isComplete ? value.filter(id => !offered.some(destination => hasId(destination, id))) : []
  return (
    <fieldset class="rule-set" aria-describedby={error ? `${id}-error` : undefined}>
      <legend class="field-label">Destinations</legend>
      {offered.length > 6 && (
        <TextField
          label="Search destinations"
          labelHidden
          type="search"
          placeholder="Search by name, address or kind"
          value={search}
          onValue={setSearch}
          onKeyDown={event => event.key === 'Enter' && event.preventDefault()}
        />
      )}
      <div class="targets">
        {isLoading && <Skeleton label="Loading destinations" />}
        {loadError && destinations.length === 0 && <ErrorState error={loadError} onRetry={() => void mutate()} />}
        {!isLoading && !loadError && offered.length === 0 && <None />}
        {offered.length > 0 && found.length === 0 && <p class="types-none">No matching destinations.</p>}
        {deletedIds.map(id => (
          <DeletedTarget key={id} id={id} onRemove={() => onValue(value.filter(other => other !== id))} />
        ))}
        {shown.slice(0, MAX_SHOWN).map(destination => (
          <Target
            key={destination.destination_id}
            destination={destination}
            checked={isChosen(destination)}
            onChecked={on =>
              onValue(on ? [...value, destination.destination_id] : value.filter(id => !hasId(destination, id)))
            }
            onVerify={() => onVerify(destination)}
          />
        ))}
        {shown.length > MAX_SHOWN && (
          <p class="types-none">{`${shown.length - MAX_SHOWN} more. Search to find them.`}</p>
        )}
      </div>
      <p class="field-hint" aria-live="polite">
        {value.length === 0 ? 'None selected.' : `${plural(value.length, 'destination')} selected.`}
      </p>
      {error && (
        <p id={`${id}-error`} class="field-error">
          {error}
        </p>
      )}
    </fieldset>
  )
}

const None = () => (
  <EmptyState
    title="No destinations yet"
    action={
      <ButtonLink size="s" href={href('/destinations', { add: 'choose' })}>
        Add destination
      </ButtonLink>
    }
  >
    A rule needs at least one destination.
  </EmptyState>
)

type TargetProps = {
  destination: Destination
  checked: boolean
  onChecked: (on: boolean) => void
  onVerify: () => void
}

function Target({ destination, checked, onChecked, onVerify }: TargetProps) {
  const off = !destination.verified && !checked
  return (
    <div class={off ? 'target target-off' : 'target'}>
      <label>
        <input
          type="checkbox"
          checked={checked}
          disabled={off}
          onChange={event => onChecked(event.currentTarget.checked)}
        />
        <span class="target-words">
          <DestinationLabel destination={destination} />
          {off && <span>Verify it before a rule can send to it.</span>}
        </span>
      </label>
      {off ? (
        <Button writes size="s" onClick={onVerify}>
          Verify
        </Button>
      ) : (
        <HealthBadge
          health={destination.health}
          verified={destination.verified}
          disabled={destination.disabled}
          unused={destination.unused}
        />
      )}
    </div>
  )
}

/** A deleted destination that the rule still contains. */
const DeletedTarget = ({ id, onRemove }: { id: string; onRemove: () => void }) => (
  <div class="target">
    <span class="target-words">
      <code title={id}>{shortId(id)}</code>
      <span class="muted">This destination was deleted.</span>
    </span>
    <Button size="s" onClick={onRemove}>
      Remove
    </Button>
  </div>
)
