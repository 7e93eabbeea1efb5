import { CircleCheck, RotateCcw } from 'lucide-preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useDestinations } from '../../api/catalogue'
import { useResend } from '../../api/resend'
import type { Destination } from '../../api/types'
import { canManage } from '../../lib/abilities'
import { hasId } from '../../lib/destination-id'
import { type ResendFilter, sendable } from '../../lib/resend'
import { missedSince, type Since, sinceTime } from '../../lib/since'
import { dayHour, toLocalInput } from '../../lib/time'
import { href } from '../../router/hash'
import { Button, ButtonLink } from '../../ui/button'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { deliveries, ResendCounts, ResendProgress } from '../../ui/resend'
import { SinceField } from '../../ui/since-field'
import { ErrorState, FormError, Notice, Skeleton } from '../../ui/states'
import { BrokenDestinations } from './broken'

const back = { label: 'Overview', href: href('/') }

const isBroken = (destination: Destination) =>
  canManage(destination) && !destination.disabled && destination.health?.status === 'unhealthy'

/** The way back after an outage: verify what is broken, see what each destination missed, and send it again. */
export function ResumePage() {
  const { destinations, error, isLoading, mutate } = useDestinations()
  return (
    <Page
      title="Resume deliveries"
      back={back}
      description="Verify what is broken, check what each destination missed, then send everything again in one step."
    >
      {isLoading ? (
        <Panel flush>
          <Skeleton lines={8} />
        </Panel>
      ) : error && destinations.length === 0 ? (
        <Panel flush>
          <ErrorState error={error} onRetry={() => void mutate()} />
        </Panel>
      ) : (
        <Steps destinations={destinations} />
      )}
    </Page>
  )
}

function Steps({ destinations }: { destinations: Destination[] }) {
  // Verified destinations stay in the list, so that it shows what was done.
  const [ids, setIds] = useState<string[]>([])
  const broken = destinations.filter(isBroken)
  const added = broken.filter(({ destination_id }) => !ids.includes(destination_id))
  useEffect(() => {
    if (added.length > 0) setIds([...ids, ...added.map(({ destination_id }) => destination_id)])
  }, [added.length])
  const shown = [...ids, ...added.map(({ destination_id }) => destination_id)].flatMap(
    id => destinations.find(destination => hasId(destination, id)) ?? [],
  )
  return (
    <>
      <Panel title="1. Verify broken destinations" flush>
        {shown.length === 0 ? (
          <p class="resume-calm">
            <CircleCheck size={17} aria-hidden="true" />
            All destinations are healthy.
          </p>
        ) : (
          <BrokenDestinations destinations={shown} isBroken={isBroken} />
        )}
      </Panel>
      <Missed destinations={destinations} brokenCount={broken.length} />
    </>
  )
}

/** What each destination missed, and the button that sends it again. */
function Missed({ destinations, brokenCount }: { destinations: Destination[]; brokenCount: number }) {
  // Remember it: a verification resets it.
  const [start] = useState(() => firstMissed(destinations))
  const [from, setFrom] = useState<Since>(start ? 'given' : 'day')
  const [other, setOther] = useState(() => toLocalInput(start ? new Date(start) : new Date()))
  const [now] = useState(() => Date.now())
  const since = sinceTime(from, start, other, now)
  const filter: ResendFilter = useMemo(() => (since ? { since } : {}), [since])
  const counting = useResend(true)
  const sending = useResend(false)
  const receiving = destinations.map(({ id, health, disabled }) => `${id}${health?.status}${disabled}`).join()
  const isSending = sending.phase === 'running'
  useEffect(() => {
    // The count is what the sending started with, until it ends.
    if (since && !isSending) void counting.start({ filter })
  }, [filter, receiving, isSending])
  const total = sendable(counting.tally)
  const [sentTotal, setSentTotal] = useState(0)
  const blocked = !since
    ? 'Choose a time first.'
    : counting.phase !== 'done'
      ? 'Wait for the count.'
      : total === 0
        ? 'There is nothing to send again.'
        : null
  const skipped = counting.tally.matched - total
  return (
    <>
      <Panel title="2. Check what was missed">
        <div class="stack">
          <div class="resume-since">
            <SinceField
              since={from}
              onSince={setFrom}
              given={start && `Since the first failure: ${dayHour(start)}`}
              other={other}
              onOther={setOther}
            />
          </div>
          <p role="status">
            {counting.phase === 'running' && !isSending
              ? `Counting… ${deliveries(counting.tally.matched)} so far.`
              : `${deliveries(counting.tally.matched)} held, failed or abandoned.`}
            {counting.phase === 'done' &&
              skipped > 0 &&
              ` ${deliveries(skipped)} cannot be sent yet, because the destination does not receive.`}
          </p>
          <ResendCounts tally={counting.tally} />
          <FormError error={counting.error} />
        </div>
      </Panel>
      <Panel title="3. Send everything again">
        <div class="stack">
          {brokenCount > 0 && total > 0 && (
            <Notice tone="warn">
              Some destinations are still unhealthy. You can send to the others now, and to these when they are
              verified.
            </Notice>
          )}
          <ResendProgress run={sending} total={sentTotal} />
          <div class="row">
            <Button
              writes
              variant="primary"
              icon={<RotateCcw size={15} />}
              busy={isSending}
              disabledReason={blocked}
              onClick={() => {
                setSentTotal(total)
                void sending.start({ filter })
              }}
            >
              {total > 0 ? `Resend ${deliveries(total)}` : 'Resend'}
            </Button>
            <ButtonLink href={href('/deliveries')}>Show deliveries</ButtonLink>
          </div>
        </div>
      </Panel>
    </>
  )
}

/** When the first of the broken destinations began to miss deliveries (RFC 3339). */
function firstMissed(destinations: Destination[]): string | null {
  const times = destinations.filter(isBroken).flatMap(({ health }) => missedSince(health) ?? [])
  return times.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null
}
