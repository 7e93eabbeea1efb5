import { useState } from 'preact/hooks'
import { useAction } from '../../../api/action'
import { ApiError } from '../../../api/error'
import type { Destination } from '../../../api/types'
import { sendCode, verify } from '../../../api/verification'
import { refreshHealth } from './refresh'

/** The next code can be asked for after a minute. */
const PAUSE_MS = 60_000

/** Errors after which the code that was sent is of no more use. */
const useless = new Set(['code_spent', 'code_expired', 'code_missing'])

/** Sending a code and giving it back: what is under way, how long one waits, and what was said. */
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
        setNextAt(Date.now() + PAUSE_MS)
        setCode('')
        giving.reset()
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.retryAfter !== null) {
          setNextAt(Date.now() + thrown.retryAfter * 1000)
        }
        throw thrown
      }
    },
    { quiet: true },
  )
  const giving = useAction(
    async (code: string) => {
      sending.reset()
      await verify(destination, code)
      refreshHealth()
      setVerified(true)
    },
    { quiet: true },
  )
  const word = giving.error instanceof ApiError ? giving.error.code : null
  return {
    code,
    expiresAt,
    nextAt,
    verified,
    sending,
    giving,
    /** Whether another code is needed. */
    isUseless: word !== null && useless.has(word),
    setCode: (code: string) => {
      setCode(code)
      giving.reset()
    },
  }
}
