import { useEffect, useState } from 'preact/hooks'
import { api, asWritten, call } from '../../../api/client'
import type { Preview } from '../../../api/types'

const DEBOUNCE_MS = 350

type State = { preview: Preview | null; error: Error | null; busy: boolean }

/** Fetches the preview of a rule for this request body, shortly after each change. `null` fetches nothing. */
export function usePreview(body: string | null): State {
  const [state, setState] = useState<State>({ preview: null, error: null, busy: false })
  useEffect(() => {
    if (body === null) {
      setState({ preview: null, error: null, busy: false })
      return
    }
    // Ignore answers to earlier bodies.
    let outdated = false
    setState(before => ({ ...before, busy: true }))
    const timer = setTimeout(async () => {
      try {
        const preview = await call(api.POST('/v1/notifications/channels/preview', asWritten(body)))
        if (!outdated) setState({ preview, error: null, busy: false })
      } catch (thrown) {
        if (!outdated) setState({ preview: null, error: thrown as Error, busy: false })
      }
    }, DEBOUNCE_MS)
    return () => {
      outdated = true
      clearTimeout(timer)
    }
  }, [body])
  return state
}
