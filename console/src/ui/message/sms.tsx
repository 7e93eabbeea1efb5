import type { Sms as Content } from '../../api/types'
import { plural } from '../../lib/plural'

const SEGMENT = 160

/** A text message with its length, by which carriers charge. */
export function Sms({ sms }: { sms: Content }) {
  return (
    <div class="stack-s">
      <p class="sms">{sms.text}</p>
      <p class="field-hint">
        {`${plural(sms.segments, 'segment')} · ${sms.septets} of ${sms.segments * SEGMENT} characters`}
      </p>
    </div>
  )
}
