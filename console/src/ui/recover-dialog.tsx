import { useState } from 'preact/hooks'
import { useAction } from '../api/action'
import { useDestinations } from '../api/catalogue'
import { refresh } from '../api/changes'
import { recover } from '../api/destination-actions'
import type { Destination } from '../api/types'
import { AreaContext } from '../api/whoami'
import { plural } from '../lib/plural'
import { inRounds } from '../lib/rounds'
import { missedSince, type Since, sinceTime } from '../lib/since'
import { dayHour, toLocalInput } from '../lib/time'
import { toast } from '../lib/toasts'
import { Button } from './button'
import { DestinationLabel } from './destination-label'
import { DestinationSelect } from './destination-select'
import { CancelButton, Dialog } from './dialog'
import { SinceField } from './since-field'
import { FormError, Notice } from './states'

/**
 * Each request recovers at most a thousand deliveries. After this many requests, the dialog asks whether to continue.
 */
const MAX_ROUNDS = 20

type Props = {
  /** Null lets the user choose one in the dialog. */
  destination: Destination | null
  /** The initial start time; by default the first failure, or 24 hours ago. */
  since?: string | null
  onClose: () => void
}

/** Recovers the deliveries that a destination missed since a time. */
export function RecoverDialog({ destination: given, since, onClose }: Props) {
  const { byId } = useDestinations()
  const [chosen, setChosen] = useState('')
  const destination = given ?? byId.get(chosen) ?? null
  const start = since ?? missedSince(destination?.health)
  const [picked, setPicked] = useState<Since | null>(null)
  const [other, setOther] = useState(() => toLocalInput(start ? new Date(start) : new Date()))
  const from = picked ?? (start ? 'given' : 'day')
  const [sent, setSent] = useState<number | null>(null)
  const [hasMore, setHasMore] = useState(false)
  const time = sinceTime(from, start, other, Date.now())
  const unhealthy = destination?.health?.status === 'unhealthy'

  const send = useAction(
    async (destination: Destination, time: string) => {
      setSent(null)
      setHasMore(false)
      try {
        const { recovered, more } = await inRounds(() => recover(destination, time), MAX_ROUNDS, setSent)
        if (more) {
          setHasMore(true)
          return
        }
        toast.good(recovered === 0 ? 'There was nothing to recover.' : resending(recovered))
        onClose()
      } finally {
        // Earlier requests have sent deliveries even if a later one failed.
        refresh('/v1/deliveries', '/v1/overview', '/v1/notifications/destinations', '/v1/webhooks/endpoints')
      }
    },
    { quiet: true },
  )

  return (
    <Dialog
      title="Recover missed deliveries"
      onClose={onClose}
      discard={null}
      onSubmit={() => destination && time && void send.run(destination, time)}
      footer={
        <>
          <CancelButton />
          <AreaContext.Provider value={destination?.made_by ?? 'any'}>
            <Button
              writes
              variant="primary"
              type="submit"
              busy={send.busy}
              disabledReason={blockedReason(destination, time)}
            >
              {hasMore ? 'Send the rest' : 'Send again'}
            </Button>
          </AreaContext.Provider>
        </>
      }
    >
      <p>
        Held, failed and abandoned deliveries{' '}
        {given ? (
          <>
            to <DestinationLabel destination={given} />
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
        <Notice tone="warn">This destination is unhealthy. Verify it before you recover deliveries.</Notice>
      )}
      <SinceField
        since={from}
        onSince={setPicked}
        given={start && `${since ? 'Since' : 'Since the first failure:'} ${dayHour(start)}`}
        other={other}
        onOther={setOther}
      />
      {send.busy && sent !== null && <p class="muted">{`${plural(sent, 'delivery', 'deliveries')} so far…`}</p>}
      {!send.busy && sent !== null && (hasMore || send.error) && (
        <Notice tone="warn">
          {`${resending(sent)} ${hasMore ? 'There may be more. Send the rest.' : 'The rest was not sent.'}`}
        </Notice>
      )}
      <FormError error={send.error} />
    </Dialog>
  )
}

const resending = (sent: number) => `${plural(sent, 'delivery', 'deliveries')} on the way again.`

function blockedReason(destination: Destination | null, time: string | null): string | null {
  if (!destination) return 'Choose a destination first.'
  if (destination.health?.status === 'unhealthy') return 'Verify the destination first.'
  return time ? null : 'Choose a time first.'
}
