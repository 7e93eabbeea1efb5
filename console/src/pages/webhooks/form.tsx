import { useState } from 'preact/hooks'
import { useEventTypes } from '../../api/catalogue'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Endpoint } from '../../api/types'
import { toast } from '../../lib/toasts'
import { endpointChange, fieldsOf, isStackAuth, sameTypes } from './endpoint'
import { EndpointForm } from './fields'

/** Adds an endpoint. */
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
              // Left out while they are the usual ones: the API knows those itself.
              ...(types === null || sameTypes(types, defaultTypes) ? {} : { event_types: types }),
            },
          }),
        )
        refreshEndpoints()
        toast.good('The endpoint is added. Its signing secret is in its details.')
        onCreated(created.id)
      }}
    />
  )
}

/** Changes an endpoint. */
export function EditEndpointDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  // Once: the endpoint is asked for again while the form is open.
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
          toast.good('The changes are saved.')
        }
        onClose()
      }}
    />
  )
}

const refreshEndpoints = () => refresh('/v1/webhooks/endpoints', '/v1/notifications/destinations', '/v1/overview')
