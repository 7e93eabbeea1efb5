import { Eye, EyeOff } from 'lucide-preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { useRefreshed } from '../../api/changes'
import { api, call } from '../../api/client'
import type { EndpointSecret } from '../../api/types'
import { absolute } from '../../lib/time'
import { Button } from '../../ui/button'
import { Panel } from '../../ui/panel'
import { FormError } from '../../ui/states'
import { SecretBox } from '../destinations/parts/secret-box'

/** The secret is hidden again after this time. */
const SHOWN_MS = 60_000
const ROUTE = '/v1/webhooks/endpoints/{id}/secret'

/** The signing secret of an endpoint, shown on request for a minute. It is not cached. */
export function Secret({ id }: { id: string }) {
  const [shown, setShown] = useState<EndpointSecret | null>(null)
  // An answer that arrives after hiding must not show the secret again.
  const wanted = useRef(false)
  const reveal = useAction(
    async () => {
      wanted.current = true
      const secret = await call(api.GET(ROUTE, { params: { path: { id } } }))
      if (wanted.current) setShown(secret)
    },
    { quiet: true },
  )
  const hide = useCallback(() => {
    wanted.current = false
    setShown(null)
  }, [])
  // After a rotation, a visible secret is replaced by the new and the previous one.
  useRefreshed(ROUTE, () => shown && reveal.run())
  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(hide, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown, hide])
  const toggle = shown ? (
    <Button size="s" icon={<EyeOff size={14} />} onClick={hide}>
      Hide
    </Button>
  ) : (
    <Button writes size="s" icon={<Eye size={14} />} busy={reveal.busy} onClick={() => void reveal.run()}>
      Reveal
    </Button>
  )
  return (
    <Panel title="Signing secret" actions={toggle}>
      <div class="stack" aria-live="polite">
        {shown ? (
          <SecretBox label="Secret" secret={shown.secret} />
        ) : (
          <p class="muted">Your server verifies each request with it. Keep it out of code and logs.</p>
        )}
        {shown?.previous_secret && (
          <div class="stack-s">
            <SecretBox label="Previous secret" secret={shown.previous_secret} />
            {shown.previous_secret_expires_at && (
              <p class="field-hint">{`It also signs until ${absolute(shown.previous_secret_expires_at)}.`}</p>
            )}
          </div>
        )}
        <FormError error={reveal.error} />
      </div>
    </Panel>
  )
}
