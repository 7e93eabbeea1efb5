import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { useEventTypes } from '../../../api/catalogue'
import type { Destination } from '../../../api/types'
import { useFieldErrors } from '../../../api/use-field-errors'
import { guard, useUnsaved } from '../../../router/guard'
import { Button } from '../../../ui/button'
import { EventTypePicker } from '../../../ui/event-type-picker'
import { Panel } from '../../../ui/panel'
import { FormError } from '../../../ui/states'
import { VerifyDialog } from '../../destinations/verify'
import { PreviewPanel } from '../preview/panel'
import { DestinationList } from './destinations'
import type { Draft } from './draft'
import { ruleLabels } from './labels'
import { MinSeverityChoice } from './severity'
import { OnUnhealthyChoice } from './unhealthy'
import './form.css'

type Props = {
  /** The initial values. */
  start: Draft
  verb: string
  /** What leaving the unsaved form asks: "Discard this rule?". */
  unsaved: string
  /** Whether the rule has its own address. It then needs no destinations. */
  hasOwnAddress?: boolean
  onCancel: () => void
  onSave: (draft: Draft) => Promise<void>
}

/** The form for a rule, with a preview. */
export function RuleForm({ start, verb, unsaved, hasOwnAddress = false, onCancel, onSave }: Props) {
  const [draft, setDraft] = useState(start)
  const [verifying, setVerifying] = useState<Destination | null>(null)
  const { types } = useEventTypes()
  useUnsaved(() => JSON.stringify(draft) !== JSON.stringify(start), unsaved)
  const save = useAction(async () => onSave(draft), { quiet: true })
  const errors = useFieldErrors(save.error, ruleLabels)
  const set = (patch: Partial<Draft>) => setDraft(before => ({ ...before, ...patch }))
  const blockedReason =
    draft.events.length === 0
      ? 'Choose at least one event type first.'
      : draft.destinations.length === 0 && !hasOwnAddress
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
        <div ref={errors.form} class="stack">
          <Panel>
            <div data-invalid={errors.of('events') ? true : undefined}>
              <EventTypePicker value={draft.events} onValue={events => set({ events })} error={errors.of('events')} />
            </div>
          </Panel>
          <Panel>
            <MinSeverityChoice draft={draft} types={types} onValue={least => set({ minSeverity: least })} />
          </Panel>
          <Panel>
            <div data-invalid={errors.of('destination_ids') ? true : undefined}>
              <DestinationList
                value={draft.destinations}
                error={errors.of('destination_ids')}
                onValue={destinations => set({ destinations })}
                onVerify={setVerifying}
              />
            </div>
          </Panel>
          <Panel>
            <OnUnhealthyChoice value={draft.onUnhealthy} onValue={onUnhealthy => set({ onUnhealthy })} />
          </Panel>
        </div>
        <FormError error={errors.rest} />
        <div class="rule-foot">
          <Button onClick={() => guard.ask(onCancel)}>Cancel</Button>
          <Button writes variant="primary" type="submit" busy={save.busy} disabledReason={blockedReason}>
            {verb}
          </Button>
        </div>
      </form>
      <PreviewPanel draft={draft} types={types} hasOwnAddress={hasOwnAddress} />
      {/* Outside the form: submitting a nested form would submit both. */}
      {verifying && <VerifyDialog destination={verifying} inRule onClose={() => setVerifying(null)} />}
    </div>
  )
}
