import { absolute, relative } from '../lib/time'
import { useNow } from '../lib/use-now'

/** A moment: how long ago it was, with the exact time as its tooltip. */
export function Time({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={absolute(at)} class="time">
      {relative(at, now)}
    </time>
  )
}

/** A moment to come; once it is past, what was due then is a little late. */
export function Due({ at }: { at: string }) {
  const now = useNow(1000)
  return (
    <time dateTime={at} title={absolute(at)} class="time">
      {Date.parse(at) > now ? relative(at, now) : 'due now'}
    </time>
  )
}
