import { absolute, relative } from '../lib/time'
import { useNow } from '../lib/use-now'

/** A time relative to now, with the exact time as a tooltip. */
export function Time({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={absolute(at)} class="time">
      {relative(at, now)}
    </time>
  )
}

/** A future time. Once it is past, it is "due now". */
export function Due({ at }: { at: string }) {
  const now = useNow(1000)
  return (
    <time dateTime={at} title={absolute(at)} class="time">
      {Date.parse(at) > now ? relative(at, now) : 'due now'}
    </time>
  )
}
