import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { setLimit } from '../../../api/destination-actions'
import { ApiError } from '../../../api/error'
import type { Destination } from '../../../api/types'
import { useFieldErrors } from '../../../api/use-field-errors'
import { toast } from '../../../lib/toasts'
import { parseLimit, perSecond } from '../../../lib/traffic'
import { Button } from '../../../ui/button'
import { CancelButton, Dialog } from '../../../ui/dialog'
import { TextField } from '../../../ui/field'
import { FormError } from '../../../ui/states'
import { refreshHealth } from '../verify/refresh'

type Props = { destination: Destination; onClose: () => void }

const FIELD = 'max_per_second'
const LABEL = 'Maximum per second'
// Some APIs use camel case.
const labels = { [FIELD]: LABEL, maxPerSecond: LABEL }

/** Sets or removes the maximum number of deliveries per second. */
export function LimitDialog({ destination, onClose }: Props) {
  const [text, setText] = useState(destination.max_per_second?.toString() ?? '')
  const save = useAction(
    async () => {
      const limit = parseLimit(text)
      if (limit === undefined) {
        throw new ApiError(400, null, '', [{ field: FIELD, message: 'must be a number from 0.001 to 1000' }])
      }
      await setLimit(destination, limit)
      refreshHealth()
      toast.good(limit === null ? 'The limit was removed.' : `Limited to ${perSecond(limit)}.`)
      onClose()
    },
    { quiet: true },
  )
  const errors = useFieldErrors(save.error, labels)
  return (
    <Dialog
      title="Limit deliveries"
      onClose={onClose}
      onSubmit={() => void save.run()}
      footer={
        <>
          <CancelButton />
          <Button writes variant="primary" type="submit" busy={save.busy}>
            Save limit
          </Button>
        </>
      }
    >
      <div ref={errors.form} class="stack">
        <TextField
          label={LABEL}
          inputMode="decimal"
          autocomplete="off"
          spellcheck={false}
          placeholder="No limit"
          hint="From 0.001 to 1000. Leave empty for no limit."
          value={text}
          error={errors.of(FIELD) ?? errors.of('maxPerSecond')}
          onValue={setText}
        />
      </div>
      <FormError error={errors.rest} />
    </Dialog>
  )
}
