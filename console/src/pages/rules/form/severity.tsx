import type { EventType } from '../../../api/types'
import { Choice } from '../../../ui/choice'
import { Notice } from '../../../ui/states'
import { belowMinSeverity, type Draft, type MinSeverity } from './draft'

const options: { value: MinSeverity; label: string }[] = [
  { value: 'info', label: 'Info' },
  { value: 'warning', label: 'Warning' },
  { value: 'critical', label: 'Critical' },
]
const hints: Record<MinSeverity, string> = {
  info: 'Events of any severity.',
  warning: 'Medium, warning, high and critical events.',
  critical: 'Critical events only.',
}

type Props = { draft: Draft; types: readonly EventType[]; onValue: (least: MinSeverity) => void }

/** Selects the minimum severity of a rule. */
export function MinSeverityChoice({ draft, types, onValue }: Props) {
  const skipped = belowMinSeverity(draft, types).map(({ type }) => type)
  return (
    <div class="rule-set">
      <span class="field-label">Minimum severity</span>
      <div>
        <Choice label="Minimum severity" options={options} value={draft.minSeverity} onValue={onValue} />
      </div>
      <p class="field-hint" aria-live="polite">
        {hints[draft.minSeverity]}
      </p>
      {skipped.length > 0 && (
        <Notice tone="warn">
          {`${names(skipped)} ${skipped.length === 1 ? 'has' : 'have'} a lower severity by default. The rule matches ${skipped.length === 1 ? 'it' : 'them'} only if posted with a higher severity.`}
        </Notice>
      )}
    </div>
  )
}

const MAX_NAMES = 3

const names = (types: string[]): string =>
  types.length <= MAX_NAMES
    ? types.join(', ')
    : `${types.slice(0, MAX_NAMES).join(', ')} and ${types.length - MAX_NAMES} more`
