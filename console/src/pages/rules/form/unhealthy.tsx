import type { OnUnhealthy } from '../../../api/types'
import { Choice } from '../../../ui/choice'

const options: { value: OnUnhealthy; label: string }[] = [
  { value: 'pause', label: 'Pause the rule' },
  { value: 'skip', label: 'Skip the destination' },
]
const hints: Record<OnUnhealthy, string> = {
  pause: 'The whole rule is paused. Matching events are held for all destinations until you recover them.',
  skip: 'The rule sends to its other destinations. Deliveries to the unhealthy one are held until you recover them.',
}

/** Selects what a rule does while one of its destinations is unhealthy. */
export function OnUnhealthyChoice({ value, onValue }: { value: OnUnhealthy; onValue: (value: OnUnhealthy) => void }) {
  return (
    <div class="rule-set">
      <span class="field-label">While a destination is unhealthy</span>
      <div>
        <Choice label="While a destination is unhealthy" options={options} value={value} onValue={onValue} />
      </div>
      <p class="field-hint" aria-live="polite">
        {hints[value]}
      </p>
    </div>
  )
}
