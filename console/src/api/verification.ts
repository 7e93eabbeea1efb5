// How a destination proves that it takes what it is sent, by the API that has made it.
import { api, call } from './client'
import { managingApi, projectHeader, requestedWith } from './destination-api'
import { ApiError } from './error'
import type { Destination } from './types'

/** Sends a code to a mail address or phone; answers until when it is good. */
export async function sendCode(destination: Destination): Promise<string> {
  const params = { params: { path: { id: destination.id } } }
  const sent =
    managingApi(destination) === 'channel'
      ? await call(api.POST('/v1/notifications/channels/{id}/send-code', params))
      : await call(api.POST('/v1/notifications/destinations/{id}/send-code', params))
  return sent.expires_at
}

/** Verifies by the code that was sent, or, of a webhook, by a signed request that it must answer with a 2xx. */
export async function verify(destination: Destination, code?: string): Promise<void> {
  const params = { path: { id: destination.id } }
  const body = code === undefined ? {} : { code }
  switch (managingApi(destination)) {
    case 'stack':
      await call(api.POST('/v1/notifications/destinations/{id}/verify', { params, body }))
      return
    case 'channel':
      await call(api.POST('/v1/notifications/channels/{id}/verify', { params, body }))
      return
    case 'mail':
      await call(api.POST('/mail/webhooks/{id}/verify', { params }))
      return
    case 'stack_auth':
      await call(api.POST('/v1/webhooks/endpoints/{id}/verify', { params }))
      return
    case 'providers':
    case 'config':
      await sendTest(destination)
  }
}

/** Sends a test; answers what the destination said to it. One that is taken also makes a destination healthy again. */
export async function sendTest(destination: Destination): Promise<string> {
  const { detail } = await call(test(destination))
  return detail ?? 'The destination took it.'
}

function test(destination: Destination) {
  const path = { id: destination.id }
  switch (managingApi(destination)) {
    case 'stack':
      return api.POST('/v1/notifications/destinations/{id}/test', { params: { path } })
    case 'channel':
      return api.POST('/v1/notifications/channels/{id}/test', { params: { path } })
    case 'providers':
      return api.POST('/api/v1/notifications/providers/{id}/test', { params: { path, header: requestedWith } })
    case 'config':
      return api.POST('/v1/config/notifications/{id}/test', { params: { path, header: projectHeader(destination) } })
    case 'stack_auth':
      return api.POST('/v1/webhooks/endpoints/{id}/test', { params: { path } })
    case 'mail':
      throw new ApiError(0, null, 'A mail webhook is tested by verifying it.')
  }
}
