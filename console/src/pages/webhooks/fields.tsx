import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
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
  onClose: () => void
  onSave: (fields: Fields) => Promise<void>
}

const labels = { url: 'URL', description: 'Description', event_types: 'Event types' }

/** The form for an endpoint. */
export function EndpointForm({ title, verb, start, defaultTypes, onClose, onSave }: Props) {
  const [fields, setFields] = useState(start)
  const save = useAction(async () => onSave(fields), { quiet: true })
  const errors = useFieldErrors(save.error, labels)
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
        <div data-invalid={errors.of('event_types') ? true : undefined}>
          <EventTypePicker
            first={isStackAuth}
            value={fields.types ?? defaultTypes}
            onValue={types => set({ types })}
            error={errors.of('event_types')}
          />
        </div>
      </div>
      <FormError error={errors.rest} />
    </Dialog>
  )
}
