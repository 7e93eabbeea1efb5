import { useState } from 'preact/hooks'
import { api, call } from '../../../api/client'
import { useGet } from '../../../api/hooks'
import type { Destination } from '../../../api/types'
import { toast } from '../../../lib/toasts'
import { Dialog } from '../../../ui/dialog'
import { ErrorState, Skeleton } from '../../../ui/states'
import { endpointChange, type Fields } from '../../webhooks/endpoint'
import { EndpointForm } from '../../webhooks/fields'
import { refreshHealth } from '../verify/refresh'
import type { Saved } from './saved'

type Props = { destination: Destination; onSaved: (saved: Saved) => void; onClose: () => void }

/** Edits a webhook subscription of the Mail API or of Stack Auth: URL, description and event types. */
export function EditSubscription(props: Props) {
  return props.destination.made_by === 'mail' ? <EditMailWebhook {...props} /> : <EditEndpoint {...props} />
}

function EditMailWebhook(props: Props) {
  const params = { path: { id: props.destination.id } }
  const { data, error, mutate } = useGet('/mail/webhooks/{id}', { params })
  const start = data && { url: data.url, description: data.description ?? '', types: data.eventTypes }
  const onSave = async ({ event_types: eventTypes, ...body }: ReturnType<typeof endpointChange>) => {
    const change = { ...body, ...(eventTypes ? { eventTypes } : {}) }
    await call(api.PATCH('/mail/webhooks/{id}', { params, body: change }))
    void mutate()
  }
  return <Edit {...props} {...{ start, error, onSave }} onRetry={() => void mutate()} />
}

function EditEndpoint(props: Props) {
  const params = { path: { id: props.destination.id } }
  const { data, error, mutate } = useGet('/v1/webhooks/endpoints/{id}', { params })
  const start = data && { url: data.url, description: data.description ?? '', types: data.event_types }
  const onSave = async (body: ReturnType<typeof endpointChange>) => {
    await call(api.PATCH('/v1/webhooks/endpoints/{id}', { params, body }))
  }
  return <Edit {...props} {...{ start, error, onSave }} onRetry={() => void mutate()} />
}

type EditProps = Props & {
  start: Fields | undefined
  error: Error | undefined
  onSave: (change: ReturnType<typeof endpointChange>) => Promise<void>
  onRetry: () => void
}

function Edit({ start, error, onRetry, ...props }: EditProps) {
  if (start) return <Form {...props} start={start} />
  return (
    <Dialog title="Edit destination" onClose={props.onClose}>
      {error ? <ErrorState error={error} onRetry={onRetry} /> : <Skeleton lines={4} label="Loading the destination" />}
    </Dialog>
  )
}

function Form({
  destination,
  start: given,
  onSave,
  onSaved,
  onClose,
}: Omit<EditProps, 'start' | 'error' | 'onRetry'> & { start: Fields }) {
  // Keep the first version: the subscription is fetched again while the form is open.
  const [start] = useState(given)
  return (
    <EndpointForm
      title="Edit destination"
      verb="Save changes"
      start={start}
      defaultTypes={[]}
      first={destination.made_by === 'mail' ? ({ type }) => type.startsWith('mail.') : undefined}
      onClose={onClose}
      onSave={async fields => {
        const change = endpointChange(start, fields)
        if (Object.keys(change).length === 0) return onClose()
        await onSave(change)
        refreshHealth()
        toast.good('Changes saved.')
        // A signature proves a webhook with every request, so that it stays verified.
        onSaved({ verified: true, addressChanged: change.url !== undefined })
      }}
    />
  )
}
