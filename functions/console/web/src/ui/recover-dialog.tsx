import { useState } from 'preact/hooks'
import { useAction } from '../api/action'
import { useDestinations } from '../api/catalogue'
import { refresh } from '../api/changes'
import type { Destination } from '../api/types'
import { recover } from '../api/upkeep'
import { plural } from '../lib/plural'
import { fromLocalInput, toLocalInput } from '../lib/time'
import { Button } from './button'
import { DestinationFace } from './destination-label'
import { DestinationSelect } from './destination-select'
import { Dialog } from './dialog'
import { TextField } from './field'
import { FormError, Notice } from './states'
import { toast } from './toast'

const DAY_MS = 86_400_000
/** One request sends at most a few hundred; a dialog asks this many times for the rest before it asks the person. */
const MOST_ROUNDS = 20

type Props = {
  /** Null to have it chosen in the dialog. */
  destination: Destination | null
  /** From when on, to begin with; by default since it is unhealthy, or the last day. */
  since?: string | null
  onClose: () => void
}

/** Sends again what a destination missed since a time. */
export function RecoverDialog({ destination: given, since, onClose }: Props) {
  const { byId } = useDestinations()
  const [chosen, setChosen] = useState('')
  const destination = given ?? byId.get(chosen) ?? null
  const start = since ?? destination?.health?.since
  const [from, setFrom] = useState(toLocalInput(start ? new Date(start) : new Date(Date.now() - DAY_MS)))
  const [sent, setSent] = useState<number | null>(null)
  const time = fromLocalInput(from)
  const unhealthy = destination?.health?.status === 'unhealthy'

  const send = useAction(
    async (destination: Destination, time: string) => {
      let total = 0
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const { recovered, more } = await recover(destination, time)
        total += recovered
        setSent(total)
        if (!more) break
      }
      refresh('/v1/deliveries', '/v1/overview')
      toast.good(
        total === 0
          ? 'There was nothing to send again.'
          : `${plural(total, 'delivery', 'deliveries')} on the way again.`,
      )
      onClose()
    },
    { quiet: true },
  )

  return (
    <Dialog
      title="Recover missed deliveries"
      onClose={onClose}
      onSubmit={() => destination && time && void send.run(destination, time)}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            writes
            variant="primary"
            type="submit"
            busy={send.busy}
            offBecause={destination ? (time ? null : 'Choose a time first.') : 'Choose a destination first.'}
          >
            Send again
          </Button>
        </>
      }
    >
      <p>
        Held, failed and abandoned deliveries{' '}
        {given ? (
          <>
            to <DestinationFace of={given} />
          </>
        ) : (
          'to one destination'
        )}{' '}
        are sent again, oldest event first.
      </p>
      {!given && (
        <DestinationSelect label="Destination" placeholder="Search destinations" value={chosen} onValue={setChosen} />
      )}
      {unhealthy && (
        <Notice tone="warn">This destination is unhealthy. Verify it first, or what is sent may fail once more.</Notice>
      )}
      <TextField
        label="Events since"
        type="datetime-local"
        value={from}
        max={toLocalInput(new Date())}
        onValue={setFrom}
        hint="In your time zone. Deliveries are kept for 30 days."
      />
      {send.busy && sent !== null && <p class="muted">{`${plural(sent, 'delivery', 'deliveries')} so far…`}</p>}
      <FormError error={send.error} />
    </Dialog>
  )
}
