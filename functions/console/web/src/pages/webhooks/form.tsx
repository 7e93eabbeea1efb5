import { useEventTypes } from '../../api/catalogue'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Endpoint } from '../../api/types'
import { toast } from '../../ui/toast'
import { isStackAuth } from './endpoint'
import { EndpointForm, type Fields } from './fields'

const sameTypes = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every(type => other.includes(type))

/** Adds an endpoint. */
export function NewEndpointDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const { types } = useEventTypes()
  const usual = types.filter(isStackAuth).map(({ type }) => type)
  return (
    <EndpointForm
      title="Add endpoint"
      verb="Add endpoint"
      start={{ url: '', description: '', types: null }}
      usual={usual}
      onClose={onClose}
      onSave={async ({ url, description, types }) => {
        const made = await call(
          api.POST('/v1/webhooks/endpoints', {
            body: {
              url: url.trim(),
              ...(description.trim() ? { description: description.trim() } : {}),
              // Left out while they are the usual ones: the API knows those itself.
              ...(types === null || sameTypes(types, usual) ? {} : { event_types: types }),
            },
          }),
        )
        refreshEndpoints()
        toast.good('The endpoint is added. Its signing secret is in its details.')
        onMade(made.id)
      }}
    />
  )
}

/** Changes an endpoint. */
export function EditEndpointDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const start: Fields = { url: endpoint.url, description: endpoint.description ?? '', types: endpoint.event_types }
  return (
    <EndpointForm
      title="Edit endpoint"
      verb="Save changes"
      start={start}
      usual={[]}
      onClose={onClose}
      onSave={async ({ url, description, types }) => {
        const params = { path: { id: endpoint.id } }
        const body = { url: url.trim(), description: description.trim() || null, event_types: types ?? [] }
        await call(api.PATCH('/v1/webhooks/endpoints/{id}', { params, body }))
        refreshEndpoints()
        toast.good('The changes are saved.')
        onClose()
      }}
    />
  )
}

const refreshEndpoints = () => refresh('/v1/webhooks/endpoints', '/v1/notifications/destinations', '/v1/overview')
