import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { useEventTypes } from '../../../api/catalogue'
import type { Destination } from '../../../api/types'
import { useFieldErrors } from '../../../api/use-field-errors'
import { Button } from '../../../ui/button'
import { EventTypePicker } from '../../../ui/event-type-picker'
import { Panel } from '../../../ui/panel'
import { FormError } from '../../../ui/states'
import { VerifyDialog } from '../../destinations/verify'
import { PreviewPanel } from '../preview/panel'
import { DestinationList } from './destinations'
import type { Draft } from './draft'
import { ruleLabels } from './labels'
import { SeveritySteps } from './severity'
import { WhileUnhealthy } from './unhealthy'
import './form.css'

type Props = {
  /** What the form begins with. */
  start: Draft
  verb: string
  /** Whether the rule has an address of its own, and so may be without destinations. */
  hasOwn?: boolean
  onCancel: () => void
  onSave: (draft: Draft) => Promise<void>
}

/** A rule's fields, and beside them what it would do. */
export function RuleForm({ start, verb, hasOwn = false, onCancel, onSave }: Props) {
  const [draft, setDraft] = useState(start)
  const [verifying, setVerifying] = useState<Destination | null>(null)
  const { types } = useEventTypes()
  const save = useAction(async () => onSave(draft), { quiet: true })
  const beside = useFieldErrors(save.error, ruleLabels)
  const set = (patch: Partial<Draft>) => setDraft(before => ({ ...before, ...patch }))
  const missing =
    draft.events.length === 0
      ? 'Choose at least one event type first.'
      : draft.destinations.length === 0 && !hasOwn
        ? 'Choose at least one destination first.'
        : null
  return (
    <div class="rule-form">
      <form
        class="rule-fields"
        noValidate
        onSubmit={event => {
          event.preventDefault()
          void save.run()
        }}
      >
        <div ref={beside.form} class="stack">
          <Panel>
            <div data-invalid={beside.of('events') ? true : undefined}>
              <EventTypePicker value={draft.events} onValue={events => set({ events })} error={beside.of('events')} />
            </div>
          </Panel>
          <Panel>
            <SeveritySteps draft={draft} types={types} onValue={least => set({ least })} />
          </Panel>
          <Panel>
            <div data-invalid={beside.of('destination_ids') ? true : undefined}>
              <DestinationList
                value={draft.destinations}
                error={beside.of('destination_ids')}
                onValue={destinations => set({ destinations })}
                onVerify={setVerifying}
              />
            </div>
          </Panel>
          <Panel>
            <WhileUnhealthy value={draft.onUnhealthy} onValue={onUnhealthy => set({ onUnhealthy })} />
          </Panel>
        </div>
        <FormError error={beside.rest} />
        <div class="rule-foot">
          <Button onClick={onCancel}>Cancel</Button>
          <Button writes variant="primary" type="submit" busy={save.busy} offBecause={missing}>
            {verb}
          </Button>
        </div>
      </form>
      <PreviewPanel draft={draft} types={types} hasOwn={hasOwn} />
      {/* Not inside the form: a form within a form would send both. */}
      {verifying && <VerifyDialog destination={verifying} inRule onClose={() => setVerifying(null)} />}
    </div>
  )
}
