import { useEffect, useState } from 'preact/hooks'

/** Whole seconds until a time; 0 if it is past. Both times are in milliseconds. */
export const secondsUntil = (until: number, now: number): number => Math.max(0, Math.ceil((until - now) / 1000))

/** `43 s`, `9:05`. */
export function formatCountdown(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** Counts down the seconds until a time in milliseconds; 0 if there is none or it is past. */
export function useCountdown(until: number | null): number {
  const [now, setNow] = useState(Date.now)
  const left = until === null ? 0 : secondsUntil(until, now)
  const running = until !== null && until > now
  useEffect(() => {
    setNow(Date.now())
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [until, running])
  return left
}
