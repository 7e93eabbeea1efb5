import { ArrowLeft } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import type { DestinationKind } from '../../../api/types'
import { useFieldErrors } from '../../../api/use-field-errors'
import { useWhoami } from '../../../api/whoami'
import { guard } from '../../../router/guard'
import { Button } from '../../../ui/button'
import { Dialog } from '../../../ui/dialog'
import { FormError, Notice } from '../../../ui/states'
import type { Added } from './added'
import { create } from './create'
import { AddField, fieldLabel } from './field'
import { initialValues } from './request'

type Props = {
  form: DestinationKind
  onBack: () => void
  onClose: () => void
  onAdded: (added: Added) => void
}

/** The form for a destination of one kind. */
export function AddForm({ form, onBack, onClose, onAdded }: Props) {
  const { project_id: boundTo = null } = useWhoami()
  const [values, setValues] = useState(() => initialValues(form, boundTo))
  const labels = useMemo(() => Object.fromEntries(form.fields.map(field => [field.name, fieldLabel(field)])), [form])
  const save = useAction(async () => onAdded(await create(form, values)), { quiet: true })
  const errors = useFieldErrors(save.error, labels)
  return (
    <Dialog
      title={`Add destination: ${form.title}`}
      onClose={onClose}
      discard="Discard this destination?"
      onSubmit={() => void save.run()}
      footer={
        <>
          <Button variant="quiet" icon={<ArrowLeft size={15} />} onClick={() => guard.ask(onBack)}>
            Other kinds
          </Button>
          <Button writes variant="primary" type="submit" busy={save.busy}>
            Add destination
          </Button>
        </>
      }
    >
      {form.note && <Notice>{form.note}</Notice>}
      <div ref={errors.form} class="stack">
        {form.fields
          .filter(field => field.type !== 'project' || boundTo === null)
          .map(field => (
            <AddField
              key={field.name}
              field={field}
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
