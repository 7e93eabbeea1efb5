import { useCallback, useRef, useState } from 'preact/hooks'
import { toast } from '../lib/toasts'
import { messageOf } from './error'

/**
 * Runs an action of the user. `busy` is true while it runs. A failure is kept in `error` and shown in a toast, unless
 * `quiet`: dialogs show it beside their fields instead. `run` resolves to undefined if the action failed.
 */
export function useAction<Args extends unknown[], T>(act: (...args: Args) => Promise<T>, { quiet = false } = {}) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const latest = useRef(act)
  latest.current = act
  const run = useCallback(
    async (...args: Args): Promise<T | undefined> => {
      setBusy(true)
      setError(null)
      try {
        return await latest.current(...args)
      } catch (thrown) {
        setError(thrown instanceof Error ? thrown : new Error(messageOf(thrown)))
        if (!quiet) toast.error(messageOf(thrown))
        return undefined
      } finally {
        setBusy(false)
      }
    },
    [quiet],
  )
  const reset = useCallback(() => setError(null), [])
  return { run, busy, error, reset }
}
