import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { useFieldErrors } from '../../api/use-field-errors'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { EventTypePicker } from '../../ui/event-type-picker'
import { TextField } from '../../ui/field'
import { FormError } from '../../ui/states'
import { type Fields, isStackAuth } from './endpoint'

type Props = {
  title: string
  verb: string
  start: Fields
  /** The event types that are chosen to begin with. */
  usual: string[]
  onClose: () => void
  onSave: (fields: Fields) => Promise<void>
}

const labels = { url: 'URL', description: 'Description', event_types: 'Event types' }

/** An endpoint's URL, event types and description. */
export function EndpointForm({ title, verb, start, usual, onClose, onSave }: Props) {
  const [fields, setFields] = useState(start)
  const save = useAction(async () => onSave(fields), { quiet: true })
  const beside = useFieldErrors(save.error, labels)
  const set = (patch: Partial<Fields>) => setFields(before => ({ ...before, ...patch }))
  return (
    <Dialog
      title={title}
      wide
      onClose={onClose}
      onSubmit={() => void save.run()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button writes variant="primary" type="submit" busy={save.busy}>
            {verb}
          </Button>
        </>
      }
    >
      <div ref={beside.form} class="stack">
        <TextField
          label="URL"
          type="url"
          placeholder="https://example.com/webhooks/stack"
          autocomplete="off"
          spellcheck={false}
          hint="It receives a POST for every event and must answer with a 2xx."
          value={fields.url}
          error={beside.of('url')}
          onValue={url => set({ url })}
        />
        <TextField
          label="Description (optional)"
          placeholder="Keeps the CRM up to date"
          value={fields.description}
          error={beside.of('description')}
          onValue={description => set({ description })}
        />
        <div data-invalid={beside.of('event_types') ? true : undefined}>
          <EventTypePicker
            first={isStackAuth}
            value={fields.types ?? usual}
            onValue={types => set({ types })}
            error={beside.of('event_types')}
          />
        </div>
      </div>
      <FormError error={beside.rest} />
    </Dialog>
  )
}
