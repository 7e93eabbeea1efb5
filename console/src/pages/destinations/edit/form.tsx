import { useMemo, useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import type { Destination, KindField } from '../../../api/types'
import { useFieldErrors } from '../../../api/use-field-errors'
import { toast } from '../../../lib/toasts'
import { Button } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { FormError } from '../../../ui/states'
import { AddField, fieldLabel } from '../add/field'
import { refreshHealth } from '../verify/refresh'
import { changedBody, changesAddress, isHidden, type Stored, startValues } from './fields'
import type { Saved } from './saved'
import { saveChange } from './stored'

type Props = {
  destination: Destination
  fields: readonly KindField[]
  stored: Stored
  onSaved: (saved: Saved) => void
  onClose: () => void
}

/** The form that edits a destination, with its stored values. Secrets that are left empty stay. */
export function EditForm({ destination, fields, stored, onSaved, onClose }: Props) {
  // Keep the first version: the destination is fetched again while the form is open.
  const [start] = useState(() => startValues(fields, stored))
  const [values, setValues] = useState(start)
  const labels = useMemo(() => Object.fromEntries(fields.map(field => [field.name, fieldLabel(field)])), [fields])
  const save = useAction(
    async () => {
      const body = changedBody(fields, start, values)
      if (Object.keys(body).length === 0) return onClose()
      const verified = await saveChange(destination, body)
      refreshHealth()
      toast.good('Changes saved.')
      onSaved({ verified, addressChanged: changesAddress(fields, start, values) })
    },
    { quiet: true },
  )
  const errors = useFieldErrors(save.error, labels)
  return (
    <Dialog
      title="Edit destination"
      onClose={onClose}
      onSubmit={() => void save.run()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button writes variant="primary" type="submit" busy={save.busy}>
            Save changes
          </Button>
        </>
      }
    >
      <div ref={errors.form} class="stack">
        {fields.map(field => (
          <AddField
            key={field.name}
            field={isHidden(field.name, stored) ? keeps(field) : field}
            value={values[field.name] ?? ''}
            error={errors.of(field.name)}
            onValue={value => setValues(all => ({ ...all, [field.name]: value }))}
          />
        ))}
      </div>
      <FormError error={errors.rest} />
    </Dialog>
  )
}

/** A field whose stored value is not shown. */
const keeps = (field: KindField): KindField => ({
  ...field,
  placeholder: '••••••••',
  hint: 'Stored encrypted and not shown. Leave empty to keep it.',
})
