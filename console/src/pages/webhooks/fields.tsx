import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import type { EventType } from '../../api/types'
import { useFieldErrors } from '../../api/use-field-errors'
import { Button } from '../../ui/button'
import { CancelButton, Dialog } from '../../ui/dialog'
import { EventTypePicker } from '../../ui/event-type-picker'
import { TextField } from '../../ui/field'
import { FormError } from '../../ui/states'
import { type Fields, isStackAuth } from './endpoint'

type Props = {
  title: string
  verb: string
  start: Fields
  /** The event types that are selected by default. */
  defaultTypes: string[]
  /** Which types to list first; by default, those of Stack Auth. */
  first?: ((type: EventType) => boolean) | undefined
  onClose: () => void
  onSave: (fields: Fields) => Promise<void>
}

// The Mail API uses camel case.
const labels = { url: 'URL', description: 'Description', event_types: 'Event types', eventTypes: 'Event types' }

/** The form for an endpoint. */
export function EndpointForm({ title, verb, start, defaultTypes, first = isStackAuth, onClose, onSave }: Props) {
  const [fields, setFields] = useState(start)
  const save = useAction(async () => onSave(fields), { quiet: true })
  const errors = useFieldErrors(save.error, labels)
  const typesError = errors.of('event_types') ?? errors.of('eventTypes')
  const set = (patch: Partial<Fields>) => setFields(before => ({ ...before, ...patch }))
  return (
    <Dialog
      title={title}
      wide
      onClose={onClose}
      onSubmit={() => void save.run()}
      footer={
        <>
          <CancelButton />
          <Button writes variant="primary" type="submit" busy={save.busy}>
            {verb}
          </Button>
        </>
      }
    >
      <div ref={errors.form} class="stack">
        <TextField
          label="URL"
          type="url"
          placeholder="https://example.com/webhooks/stack"
          autocomplete="off"
          spellcheck={false}
          hint="It receives a POST request for every event and must answer with a 2xx status."
          value={fields.url}
          error={errors.of('url')}
          onValue={url => set({ url })}
        />
        <TextField
          label="Description (optional)"
          placeholder="Updates the CRM"
          value={fields.description}
          error={errors.of('description')}
          onValue={description => set({ description })}
        />
        <div data-invalid={typesError ? true : undefined}>
          <EventTypePicker
            first={first}
            value={fields.types ?? defaultTypes}
            onValue={types => set({ types })}
            error={typesError}
          />
        </div>
      </div>
      <FormError error={errors.rest} />
    </Dialog>
  )
}
