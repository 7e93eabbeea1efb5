import { CircleCheck } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { messageOf } from '../../api/error'
import type { Destination } from '../../api/types'
import { verify } from '../../api/verification'
import { verifiedBy } from '../../lib/abilities'
import { formatCountdown, useCountdown } from '../../lib/countdown'
import { asSentence } from '../../lib/plural'
import { ruleLabel } from '../../lib/rule-label'
import { href } from '../../router/hash'
import { Button } from '../../ui/button'
import { DestinationLabel } from '../../ui/destination-label'
import { FormError } from '../../ui/states'
import { useRulesFor } from '../destinations/detail/use-rules'
import { CODE_LENGTH } from '../destinations/verify/code'
import { CodeField } from '../destinations/verify/code-field'
import { refreshHealth } from '../destinations/verify/refresh'
import { useCode } from '../destinations/verify/use-code'
import { useRuleTargets } from '../rules/targets'
import './resume.css'

type Props = { destinations: Destination[]; isBroken: (destination: Destination) => boolean }

/** Destinations with their verification. One that fails does not stop the others. */
export function BrokenDestinations({ destinations, isBroken }: Props) {
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map())
  const [busy, setBusy] = useState<string | null>(null)
  const check = async (destination: Destination) => {
    setBusy(destination.id)
    try {
      await verify(destination)
      setErrors(errors => new Map([...errors].filter(([id]) => id !== destination.id)))
    } catch (error) {
      setErrors(errors => new Map(errors).set(destination.id, messageOf(error)))
    } finally {
      setBusy(null)
      refreshHealth()
    }
  }
  const withoutCode = destinations.filter(one => isBroken(one) && verifiedBy(one) !== 'code')
  const all = useAction(async () => {
    for (const destination of withoutCode) await check(destination)
  })
  return (
    <>
      {withoutCode.length > 1 && (
        <div class="resume-all">
          <Button writes variant="primary" busy={all.busy} onClick={() => void all.run()}>
            {`Verify all ${withoutCode.length}`}
          </Button>
          <span class="muted">Each gets one signed request or test message.</span>
        </div>
      )}
      <ul class="resume-list" aria-label="Broken destinations">
        {destinations.map(destination => (
          <li key={destination.id} class="resume-item">
            <Broken
              destination={destination}
              isBroken={isBroken(destination)}
              error={errors.get(destination.id) ?? null}
              isBusy={busy === destination.id}
              onVerify={() => void check(destination)}
            />
          </li>
        ))}
      </ul>
    </>
  )
}

type ItemProps = {
  destination: Destination
  isBroken: boolean
  error: string | null
  isBusy: boolean
  onVerify: () => void
}

function Broken({ destination, isBroken, error, isBusy, onVerify }: ItemProps) {
  const { paused } = useRulesFor(destination)
  const targetsOf = useRuleTargets()
  if (!isBroken) {
    return (
      <div class="resume-head">
        <a href={href(`/destinations/${destination.destination_id}`)}>
          <DestinationLabel destination={destination} />
        </a>
        <span class="resume-done" role="status">
          <CircleCheck size={15} aria-hidden="true" />
          Verified
        </span>
      </div>
    )
  }
  return (
    <div class="stack-s">
      <div class="resume-head">
        <a href={href(`/destinations/${destination.destination_id}`)}>
          <DestinationLabel destination={destination} />
        </a>
        {verifiedBy(destination) !== 'code' && (
          <Button writes size="s" busy={isBusy} onClick={onVerify}>
            {error
              ? 'Verify again'
              : verifiedBy(destination) === 'request'
                ? 'Send signed request'
                : 'Send test message'}
          </Button>
        )}
      </div>
      {destination.health?.reason && <p class="muted">{asSentence(destination.health.reason)}</p>}
      {paused.length > 0 && (
        <p class="muted">
          {'Pauses '}
          {paused.map((rule, index) => (
            <span key={rule.id}>
              {index > 0 && ', '}
              <a href={href(`/rules/${rule.id}`)}>
                {ruleLabel(
                  rule,
                  targetsOf(rule).map(target => target.name || target.destination),
                )}
              </a>
            </span>
          ))}
        </p>
      )}
      {verifiedBy(destination) === 'code' && <Code destination={destination} />}
      <FormError error={error && new Error(error)} />
    </div>
  )
}

/** Sends a code to an email address or a phone, and asks for it. */
function Code({ destination }: { destination: Destination }) {
  const flow = useCode(destination)
  const secondsToWait = useCountdown(flow.nextAt)
  const submit = (code: string) => {
    if (code.length === CODE_LENGTH && !flow.giving.busy) void flow.giving.run(code)
  }
  return (
    <div class="stack-s">
      <div class="row">
        <Button
          writes
          size="s"
          busy={flow.sending.busy}
          disabledReason={
            secondsToWait > 0 ? `You can request another code in ${formatCountdown(secondsToWait)}.` : null
          }
          onClick={() => void flow.sending.run()}
        >
          {flow.expiresAt === null ? 'Send code' : 'Send another code'}
        </Button>
      </div>
      {flow.expiresAt !== null && (
        <CodeField
          value={flow.code}
          error={flow.giving.error ? messageOf(flow.giving.error) : null}
          onValue={flow.setCode}
          onComplete={submit}
        />
      )}
      <FormError error={flow.sending.error} />
    </div>
  )
}
