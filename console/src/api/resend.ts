import { useEffect, useRef, useState } from 'preact/hooks'
import { inSteps, noTally, type ResendFilter, type Tally } from '../lib/resend'
import { refresh } from './changes'
import { api, call } from './client'
import { ApiError } from './error'
import type { Resent } from './types'

export type ResendRequest = { filter: ResendFilter; force?: boolean }

type Phase = 'idle' | 'running' | 'done' | 'stopped' | 'failed'

/** The number of deliveries of one request: few enough for visible progress and a quick stop. */
const STEP = 200
const COUNT_STEP = 500

const isTemporary = (error: unknown) =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)

const wait = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** Sends deliveries again, or counts them, request by request. A new start ends an earlier run. */
export function useResend(dryRun: boolean) {
  const [phase, setPhase] = useState<Phase>('idle')
  const [tally, setTally] = useState<Tally>(noTally)
  const [error, setError] = useState<unknown>(null)
  const run = useRef(0)
  const stop = () => {
    run.current += 1
  }
  useEffect(() => stop, [])

  const start = async ({ filter, force = false }: ResendRequest) => {
    run.current += 1
    const own = run.current
    const isCurrent = () => run.current === own
    setPhase('running')
    setTally(noTally)
    setError(null)
    const send = (cursor: string | null): Promise<Resent> => {
      const limit = dryRun ? COUNT_STEP : STEP
      const body = { filter, force, dry_run: dryRun, limit, ...(cursor ? { cursor } : {}) }
      return call<Resent>(api.POST('/v1/deliveries/resend', { body }))
    }
    try {
      const onProgress = (tally: Tally) => {
        // A stop waits for the current request, whose deliveries count too.
        if (isCurrent() || !dryRun) setTally(tally)
      }
      const complete = await inSteps({ send, onProgress, isStopped: () => !isCurrent(), isTemporary, wait })
      if (isCurrent() || !dryRun) setPhase(complete ? 'done' : 'stopped')
    } catch (thrown) {
      if (!isCurrent()) return
      setError(thrown)
      setPhase('failed')
    } finally {
      if (!dryRun) refresh('/v1/deliveries', '/v1/overview', '/v1/notifications/destinations', '/v1/webhooks/endpoints')
    }
  }
  return { phase, tally, error, start, stop }
}

export type ResendRun = ReturnType<typeof useResend>
