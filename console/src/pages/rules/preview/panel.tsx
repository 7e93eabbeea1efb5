import { useMemo, useState } from 'preact/hooks'
import { fieldErrors } from '../../../api/field-errors'
import { type EventType, STACK_SEVERITIES } from '../../../api/types'
import { dataProblem, eventJson } from '../../../lib/event-draft'
import { Button } from '../../../ui/button'
import { Select, TextArea } from '../../../ui/field'
import { Panel } from '../../../ui/panel'
import { asNewRule, type Draft, previewBlocker } from '../form/draft'
import { PreviewResult } from './result'
import { usePreview } from './use-preview'
import './preview.css'

const dataLabel = { 'event.data': 'Data' }

type Props = {
  draft: Draft
  types: readonly EventType[]
  /** Whether the rule has its own address. */
  hasOwnAddress: boolean
}

/** Shows what the rule would do with a sample event. Nothing is saved or sent. */
export function PreviewPanel({ draft, types, hasOwnAddress }: Props) {
  const [chosen, setChosen] = useState('')
  const [severity, setSeverity] = useState('')
  const [showsData, setShowsData] = useState(false)
  const [typed, setTyped] = useState<Record<string, string>>({})

  const type = draft.events.includes(chosen) ? chosen : (draft.events[0] ?? '')
  const eventType = types.find(one => one.type === type)
  const sampleText = useMemo(
    () => JSON.stringify(eventType ? eventType.example : { message: 'Hello' }, null, 2),
    [eventType],
  )
  const text = typed[type] ?? sampleText
  const problem = dataProblem(text)
  const blocker = previewBlocker(draft, hasOwnAddress)
  const ready = blocker === null && problem === null
  const event = { type, ...(severity ? { severity } : {}) }
  const state = usePreview(
    ready ? `{"rule":${JSON.stringify(asNewRule(draft))},"event":${eventJson(event, text)}}` : null,
  )
  const dataError = problem ?? fieldErrors(state.error, dataLabel)['event.data'] ?? null

  return (
    <div class="preview">
      <Panel title="Preview" hint="What this rule would do with an event. Nothing is sent.">
        {blocker ? (
          <p class="muted">{blocker}</p>
        ) : (
          <div class="stack">
            <div class="preview-event">
              <Select
                label="Event"
                value={type}
                options={draft.events.map(value => ({ value, label: value }))}
                onValue={setChosen}
              />
              <Select
                label="Severity"
                value={severity}
                options={[
                  { value: '', label: eventType ? `${eventType.severity} (default)` : 'default' },
                  ...STACK_SEVERITIES.map(value => ({ value, label: value })),
                ]}
                onValue={setSeverity}
              />
            </div>
            <PreviewResult {...state} error={dataError ? null : state.error} />
            <details
              class="preview-data"
              open={showsData || dataError !== null}
              onToggle={event => setShowsData(event.currentTarget.open)}
            >
              <summary>Event data</summary>
              <div class="stack-s">
                <TextArea
                  label="Data"
                  labelHidden
                  class="control-code"
                  spellcheck={false}
                  value={text}
                  error={dataError}
                  onValue={text => setTyped(all => ({ ...all, [type]: text }))}
                />
                {typed[type] !== undefined && (
                  <div>
                    <Button size="s" onClick={() => setTyped(({ [type]: _, ...rest }) => rest)}>
                      Reset to sample
                    </Button>
                  </div>
                )}
              </div>
            </details>
          </div>
        )}
      </Panel>
    </div>
  )
}
