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
