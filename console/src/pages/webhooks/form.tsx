import { useState } from 'preact/hooks'
import { useEventTypes } from '../../api/catalogue'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Endpoint } from '../../api/types'
import { toast } from '../../lib/toasts'
import { endpointChange, fieldsOf, isStackAuth, sameTypes } from './endpoint'
import { EndpointForm } from './fields'

export function NewEndpointDialog({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const { types } = useEventTypes()
  const defaultTypes = types.filter(isStackAuth).map(({ type }) => type)
  return (
    <EndpointForm
      title="Add endpoint"
      verb="Add endpoint"
      start={{ url: '', description: '', types: null }}
      defaultTypes={defaultTypes}
      onClose={onClose}
      onSave={async ({ url, description, types }) => {
        const created = await call(
          api.POST('/v1/webhooks/endpoints', {
            body: {
              url: url.trim(),
              ...(description.trim() ? { description: description.trim() } : {}),
              // The API has the same default types.
              ...(types === null || sameTypes(types, defaultTypes) ? {} : { event_types: types }),
            },
          }),
        )
        refreshEndpoints()
        toast.good('Endpoint added. This page shows its signing secret.')
        onCreated(created.id)
      }}
    />
  )
}

export function EditEndpointDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  // Keep the first version: the endpoint is fetched again while the form is open.
  const [start] = useState(() => fieldsOf(endpoint))
  return (
    <EndpointForm
      title="Edit endpoint"
      verb="Save changes"
      start={start}
      defaultTypes={[]}
      onClose={onClose}
      onSave={async fields => {
        const body = endpointChange(start, fields)
        if (Object.keys(body).length > 0) {
          const params = { path: { id: endpoint.id } }
          await call(api.PATCH('/v1/webhooks/endpoints/{id}', { params, body }))
          refreshEndpoints()
          toast.good('Changes saved.')
        }
        onClose()
      }}
    />
  )
}

const refreshEndpoints = () => refresh('/v1/webhooks/endpoints', '/v1/notifications/destinations', '/v1/overview')
