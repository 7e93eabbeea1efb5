import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { ApiError } from '../../../api/error'
import type { Destination } from '../../../api/types'
import { sendCode, verify } from '../../../api/verification'
import { refreshHealth } from './refresh'

/** The API sends the next code after a minute at the earliest. */
const RESEND_AFTER_MS = 60_000

/** Errors that make the sent code unusable. */
const NEW_CODE_ERRORS = new Set(['code_spent', 'code_expired', 'code_missing'])

/** The state of a verification by code. Times are in milliseconds. */
export function useCode(destination: Destination) {
  const [code, setCode] = useState('')
  const [expiresAt, setExpiresAt] = useState<number | null>(null)
  const [nextAt, setNextAt] = useState<number | null>(null)
  const [verified, setVerified] = useState(false)

  const sending = useAction(
    async () => {
      try {
        const until = await sendCode(destination)
        setExpiresAt(Date.parse(until))
        setNextAt(Date.now() + RESEND_AFTER_MS)
        setCode('')
        verifying.reset()
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.retryAfter !== null) {
          setNextAt(Date.now() + thrown.retryAfter * 1000)
        }
        throw thrown
      }
    },
    { quiet: true },
  )
  const verifying = useAction(
    async (code: string) => {
      sending.reset()
      await verify(destination, code)
      refreshHealth()
      setVerified(true)
    },
    { quiet: true },
  )
  const errorCode = verifying.error instanceof ApiError ? verifying.error.code : null
  return {
    code,
    expiresAt,
    nextAt,
    verified,
    sending,
    giving: verifying,
    /** Whether the last code cannot be used again. */
    needsNewCode: errorCode !== null && NEW_CODE_ERRORS.has(errorCode),
    setCode: (code: string) => {
      setCode(code)
      verifying.reset()
    },
  }
}
