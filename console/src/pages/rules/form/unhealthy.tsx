import type { OnUnhealthy } from '../../../api/types'
import { Choice } from '../../../ui/choice'

const options: { value: OnUnhealthy; label: string }[] = [
  { value: 'pause', label: 'Pause the rule' },
  { value: 'skip', label: 'Skip that destination' },
]
const hints: Record<OnUnhealthy, string> = {
  pause: 'The whole rule stops, and what it matches is held for all of its destinations until you recover it.',
  skip: 'The rule goes on to its other destinations. What the unhealthy one misses is held until you recover it.',
}

/** What a rule does while one of its destinations is unhealthy. */
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
