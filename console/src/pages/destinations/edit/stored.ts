import { api, call } from '../../../api/client'
import { projectHeader, requestedWith } from '../../../api/destination-api'
import type { Destination, KindField } from '../../../api/types'
import { HIDDEN, type Stored } from './fields'

/** Fetches the stored values of a destination, with placeholders for its secrets. */
export async function fetchStored(destination: Destination, fields: readonly KindField[]): Promise<Stored> {
  const path = { id: destination.id }
  switch (destination.made_by) {
    case 'providers': {
      const { name, config } = await call(api.GET('/api/v1/notifications/providers/{id}', { params: { path } }))
      const values = Object.entries(config).map(([field, value]) => [`config.${field}`, value])
      return { name, ...Object.fromEntries(values) }
    }
    case 'config': {
      const params = { path, header: projectHeader(destination) }
      const { data } = await call(api.GET('/v1/config/notifications/{id}', { params }))
      // The API never shows credentials, not even whether optional ones are set.
      const hidden = fields.filter(({ name }) => name.startsWith('credentials.')).map(({ name }) => [name, HIDDEN])
      return { name: data.name, severityThreshold: data.severityThreshold, ...Object.fromEntries(hidden) }
    }
    default: {
      const { name, destination: address } = await call(
        api.GET('/v1/notifications/destinations/{id}', { params: { path } }),
      )
      return { name, destination: address }
    }
  }
}

/** Saves the changed fields. Returns whether the destination is still verified. */
export async function saveChange(destination: Destination, body: Record<string, unknown>): Promise<boolean> {
  const path = { id: destination.id }
  // The generated types of these bodies cannot express fields that depend on the kind.
  const change = { body: body as never }
  switch (destination.made_by) {
    case 'providers':
      await call(
        api.PATCH('/api/v1/notifications/providers/{id}', { params: { path, header: requestedWith }, ...change }),
      )
      return true
    case 'config':
      await call(
        api.PUT('/v1/config/notifications/{id}', { params: { path, header: projectHeader(destination) }, ...change }),
      )
      return true
    default:
      return (await call(api.PATCH('/v1/notifications/destinations/{id}', { params: { path }, ...change }))).verified
  }
}
