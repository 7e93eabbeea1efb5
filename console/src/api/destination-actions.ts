// Changes to a destination, each with the route of the API that manages it.
import { api, call } from './client'
import { managingApi, projectHeader, requestedWith } from './destination-api'
import { ApiError } from './error'
import type { Destination } from './types'

export type NewSecret = { secret: string; previousExpiresAt: string | null }

const unsupported = (sentence: string) => Promise.reject(new ApiError(0, null, sentence))

/** Rotates the secret of a webhook. Only endpoints of Stack Auth webhooks show the new secret again later. */
export async function rotateSecret(destination: Destination): Promise<NewSecret> {
  const params = { params: { path: { id: destination.id } } }
  switch (destination.made_by) {
    case 'stack': {
      const rotated = await call(api.POST('/v1/notifications/destinations/{id}/rotate-secret', params))
      return { secret: rotated.webhook_secret ?? '', previousExpiresAt: rotated.previous_secret_expires_at }
    }
    case 'mail': {
      const rotated = await call(api.POST('/mail/webhooks/{id}/rotate-secret', params))
      return { secret: rotated.secret, previousExpiresAt: rotated.previousSecretExpiresAt ?? null }
    }
    case 'stack_auth': {
      const rotated = await call(api.POST('/v1/webhooks/endpoints/{id}/rotate-secret', params))
      return { secret: rotated.secret, previousExpiresAt: rotated.previous_secret_expires_at ?? null }
    }
    default:
      return unsupported(
        'You chose the secret of this destination. Change it with the API that created the destination.',
      )
  }
}

/** Enables or disables a destination. Its deliveries are held while it is disabled. */
export async function setEnabled(destination: Destination, enabled: boolean): Promise<unknown> {
  const path = { id: destination.id }
  const status = enabled ? ('enabled' as const) : ('disabled' as const)
  switch (destination.made_by) {
    case 'mail':
      return call(api.PATCH('/mail/webhooks/{id}', { params: { path }, body: { status } }))
    case 'stack_auth':
      return call(api.PATCH('/v1/webhooks/endpoints/{id}', { params: { path }, body: { status } }))
    case 'providers':
      return call(
        api.PATCH('/api/v1/notifications/providers/{id}', {
          params: { path, header: requestedWith },
          body: { enabled },
        }),
      )
    case 'config':
      return call(
        api.PUT('/v1/config/notifications/{id}', {
          params: { path, header: projectHeader(destination) },
          body: { active: enabled },
        }),
      )
    case 'stack':
      return unsupported('This destination cannot be disabled. Disable the rules that send to it.')
  }
}

/** Sets the maximum number of deliveries per second. Null removes the limit. */
export async function setLimit(destination: Destination, limit: number | null): Promise<unknown> {
  const path = { id: destination.id }
  switch (destination.made_by) {
    case 'stack':
      return call(
        api.PATCH('/v1/notifications/destinations/{id}', { params: { path }, body: { max_per_second: limit } }),
      )
    case 'mail':
      return call(api.PATCH('/mail/webhooks/{id}', { params: { path }, body: { maxPerSecond: limit } }))
    case 'stack_auth':
      return call(api.PATCH('/v1/webhooks/endpoints/{id}', { params: { path }, body: { max_per_second: limit } }))
    case 'providers':
      return call(
        api.PATCH('/api/v1/notifications/providers/{id}', {
          params: { path, header: requestedWith },
          body: { maxPerSecond: limit },
        }),
      )
    case 'config':
      return call(
        api.PUT('/v1/config/notifications/{id}', {
          params: { path, header: projectHeader(destination) },
          body: { maxPerSecond: limit },
        }),
      )
  }
}

/** Deletes a destination. Deleting the address of a legacy channel deletes the channel too. */
export async function deleteDestination(destination: Destination): Promise<unknown> {
  const path = { id: destination.id }
  switch (managingApi(destination)) {
    case 'stack':
      return call(api.DELETE('/v1/notifications/destinations/{id}', { params: { path } }))
    case 'channel':
      return call(api.DELETE('/v1/notifications/channels/{id}', { params: { path } }))
    case 'mail':
      return call(api.DELETE('/mail/webhooks/{id}', { params: { path } }))
    case 'providers':
      return call(api.DELETE('/api/v1/notifications/providers/{id}', { params: { path, header: requestedWith } }))
    case 'config':
      return call(api.DELETE('/v1/config/notifications/{id}', { params: { path, header: projectHeader(destination) } }))
    case 'stack_auth':
      return call(api.DELETE('/v1/webhooks/endpoints/{id}', { params: { path } }))
  }
}

export type Recovered = { recovered: number; more: boolean }

/** Resends the held, failed, abandoned and overdue deliveries of a destination since a time (RFC 3339). */
export function recover(destination: Destination, since: string): Promise<Recovered> {
  const path = { id: destination.id }
  const body = { since }
  switch (managingApi(destination)) {
    case 'stack':
      return call(api.POST('/v1/notifications/destinations/{id}/recover', { params: { path }, body }))
    case 'channel':
      return call(api.POST('/v1/notifications/channels/{id}/recover', { params: { path }, body }))
    case 'mail':
      return call(api.POST('/mail/webhooks/{id}/recover', { params: { path }, body }))
    case 'providers':
      return call(
        api.POST('/api/v1/notifications/providers/{id}/recover', { params: { path, header: requestedWith }, body }),
      )
    case 'config':
      return call(
        api.POST('/v1/config/notifications/{id}/recover', {
          params: { path, header: projectHeader(destination) },
          body,
        }),
      )
    case 'stack_auth':
      return call(api.POST('/v1/webhooks/endpoints/{id}/recover', { params: { path }, body }))
  }
}
