import { CircleCheck, CirclePause, CircleSlash } from 'lucide-preact'
import { useDestinations } from '../../../api/catalogue'
import type { Preview, PreviewedDestination } from '../../../api/types'
import { Badge } from '../../../ui/badge'
import { DestinationLabel } from '../../../ui/destination-label'
import { Json } from '../../../ui/json'
import { FormError, Notice, Skeleton } from '../../../ui/states'

/** Whether the rule matches the event, and what each destination would receive. */
export function PreviewResult({
  preview,
  error,
  busy,
}: {
  preview: Preview | null
  error: Error | null
  busy: boolean
}) {
  if (error) return <FormError error={error} />
  if (!preview) return busy ? <Skeleton lines={3} label="Loading the preview" /> : null
  return (
    <div class={busy ? 'stack preview-old' : 'stack'} aria-live="polite" aria-busy={busy}>
      <Notice
        tone={preview.matches ? 'good' : 'info'}
        icon={preview.matches ? <CircleCheck size={16} /> : <CircleSlash size={16} />}
      >
        {preview.reason}
      </Notice>
      {preview.destinations.length > 0 && (
        <ul class="stack">
          {preview.destinations.map(destination => (
            <Outcome key={destination.destination_id} destination={destination} />
          ))}
        </ul>
      )}
    </div>
  )
}

function Outcome({ destination }: { destination: PreviewedDestination }) {
  const held = destination.outcome !== 'send'
  const { byId } = useDestinations()
  return (
    <li class="stack-s">
      <div class="spread preview-head">
        <DestinationLabel destination={byId.get(destination.destination_id) ?? destination} />
        {held ? (
          <Badge tone="violet" icon={CirclePause}>
            Would be held
          </Badge>
        ) : (
          <Badge tone="green" icon={CircleCheck}>
            Would be sent
          </Badge>
        )}
      </div>
      {destination.reason && <p class="field-hint">{destination.reason}</p>}
      <Message destination={destination} />
    </li>
  )
}

/** The message for a destination: JSON, a subject or a text. */
function Message({ destination }: { destination: PreviewedDestination }) {
  if (
    destination.channel_type === 'sms' ||
    destination.channel_type === 'email' ||
    destination.channel_type === 'ops_email'
  ) {
    return (
      <p class="preview-words">
        <span class="faint">{destination.channel_type === 'sms' ? 'Text' : 'Subject'}</span> {destination.message}
      </p>
    )
  }
  return <Json text={destination.message} label={`message to ${destination.destination}`} />
}
