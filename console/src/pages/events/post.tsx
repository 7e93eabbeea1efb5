import { useRef, useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { useEventTypes } from '../../api/catalogue'
import { refresh } from '../../api/changes'
import { api, asWritten, call } from '../../api/client'
import { STACK_SEVERITIES } from '../../api/types'
import { type DraftErrors, type EventDraft, toEvent } from '../../lib/event-draft'
import { randomKey } from '../../lib/random-key'
import { navigate } from '../../router/hash'
import { Button } from '../../ui/button'
import { CancelButton, Dialog } from '../../ui/dialog'
import { EventTypeSelect } from '../../ui/event-type-select'
import { Select, TextArea, TextField } from '../../ui/field'
import { FormError } from '../../ui/states'

const EMPTY: EventDraft = { type: '', severity: '', data: '{}', resourceType: '', resourceId: '', projectId: '' }

/** Posts an event. Its data starts as a sample of the type's schema. */
export function PostEventDialog({ onClose }: { onClose: () => void }) {
  const { types } = useEventTypes()
  const [draft, setDraft] = useState(EMPTY)
  const [errors, setErrors] = useState<DraftErrors>({})
  const set = (patch: Partial<EventDraft>) => setDraft(current => ({ ...current, ...patch }))
  const chosen = types.find(({ type }) => type === draft.type)

  const sampleOf = (type: string): string => {
    const example = types.find(one => one.type === type)?.example
    return JSON.stringify(example ?? { message: 'Hello' }, null, 2)
  }
  const [edited, setEdited] = useState(false)
  const [sampled, setSampled] = useState({ type: EMPTY.type, data: EMPTY.data })
  const putSample = (type: string) => {
    const data = sampleOf(type)
    setSampled({ type, data })
    setEdited(false)
    set({ data })
  }
  // Never replace data that the user has edited.
  const offerSample = (type: string) => {
    if (type && !edited && type !== sampled.type) putSample(type)
  }

  // One key for each draft, so that a retry after a lost answer does not post the event twice.
  const lastTry = useRef({ json: '', key: '' })
  const post = useAction(
    async (json: string) => {
      if (lastTry.current.json !== json) lastTry.current = { json, key: randomKey() }
      const params = { header: { 'Idempotency-Key': lastTry.current.key } }
      const accepted = await call(api.POST('/v1/events', { params, ...asWritten(json) }))
      refresh('/v1/events', '/v1/deliveries', '/v1/overview')
      const first = 'id' in accepted ? accepted : accepted.events[0]
      navigate(`/events/${first?.id ?? ''}`, { posted: 1 })
    },
    { quiet: true },
  )
  const submit = () => {
    const read = toEvent(draft)
    setErrors('errors' in read ? read.errors : {})
    if ('json' in read) void post.run(read.json)
  }

  return (
    <Dialog
      title="Post an event"
      wide
      discard="Discard this event?"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <CancelButton />
          <Button writes variant="primary" type="submit" busy={post.busy}>
            Post event
          </Button>
        </>
      }
    >
      <div class="two">
        <EventTypeSelect
          label="Event type"
          placeholder="Search, or type custom.something"
          value={draft.type}
          onExact={offerSample}
          onValue={type => {
            set({ type })
            offerSample(type)
          }}
          error={errors.type}
        />
        <Select
          label="Severity"
          value={draft.severity}
          onValue={severity => set({ severity })}
          options={[
            { value: '', label: chosen ? `Default (${chosen.severity})` : 'Default' },
            ...STACK_SEVERITIES.map(value => ({ value, label: value })),
          ]}
        />
      </div>
      <TextArea
        label="Data"
        class="control-code"
        rows={12}
        spellcheck={false}
        value={draft.data}
        onValue={data => {
          setEdited(true)
          set({ data })
        }}
        error={errors.data}
        hint={chosen ? `A sample of the data of ${draft.type}. Edit it as you like.` : 'A JSON object.'}
      />
      {draft.type && draft.data !== sampled.data && (
        <div>
          <Button size="s" onClick={() => putSample(draft.type)}>
            Use sample
          </Button>
        </div>
      )}
      <More draft={draft} errors={errors} set={set} />
      <FormError error={post.error} />
    </Dialog>
  )
}

function More({
  draft,
  errors,
  set,
}: {
  draft: EventDraft
  errors: DraftErrors
  set: (patch: Partial<EventDraft>) => void
}) {
  return (
    <details class="more">
      <summary>Resource and project</summary>
      <div class="two">
        <TextField
          label="Resource type"
          placeholder="e.g. message"
          value={draft.resourceType}
          onValue={resourceType => set({ resourceType })}
          error={errors.resourceType}
        />
        <TextField
          label="Resource id"
          value={draft.resourceId}
          onValue={resourceId => set({ resourceId })}
          error={errors.resourceId}
        />
        <TextField
          label="Project id"
          value={draft.projectId}
          onValue={projectId => set({ projectId })}
          hint="Only for events of a project."
        />
      </div>
    </details>
  )
}
