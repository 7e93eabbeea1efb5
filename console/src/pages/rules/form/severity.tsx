import type { EventType } from '../../../api/types'
import { Choice } from '../../../ui/choice'
import { Notice } from '../../../ui/states'
import { type Draft, type Least, tooMild } from './draft'

const steps: { value: Least; label: string }[] = [
  { value: 'info', label: 'Info' },
  { value: 'warning', label: 'Warning' },
  { value: 'critical', label: 'Critical' },
]
const means: Record<Least, string> = {
  info: 'Every event of these types, however severe.',
  warning: 'Medium, warning, high and critical events.',
  critical: 'Critical events only.',
}

type Props = { draft: Draft; types: readonly EventType[]; onValue: (least: Least) => void }

/** From which severity on a rule takes events. */
export function SeveritySteps({ draft, types, onValue }: Props) {
  const mild = tooMild(draft, types).map(({ type }) => type)
  return (
    <div class="rule-set">
      <span class="field-label">From severity</span>
      <div>
        <Choice label="From severity" options={steps} value={draft.least} onValue={onValue} />
      </div>
      <p class="field-hint" aria-live="polite">
        {means[draft.least]}
      </p>
      {mild.length > 0 && (
        <Notice tone="warn">
          {`${names(mild)} ${mild.length === 1 ? 'is' : 'are'} less severe than that by default: the rule takes ${mild.length === 1 ? 'it' : 'them'} only when posted with a higher severity.`}
        </Notice>
      )}
    </div>
  )
}

const MOST = 3

const names = (types: string[]): string =>
  types.length <= MOST ? types.join(', ') : `${types.slice(0, MOST).join(', ')} and ${types.length - MOST} more`
