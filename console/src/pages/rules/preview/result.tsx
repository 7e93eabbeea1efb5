import { CircleCheck, CirclePause, CircleSlash } from 'lucide-preact'
import { useDestinations } from '../../../api/catalogue'
import type { Preview, PreviewedDestination } from '../../../api/types'
import { Badge } from '../../../ui/badge'
import { DestinationLabel } from '../../../ui/destination-label'
import { Message } from '../../../ui/message/message'
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
    <div class="stack" aria-live="polite" aria-busy={busy}>
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
      <Message kind={destination.channel_type} content={destination.content} name={destination.destination} />
    </li>
  )
}
