// Verification and tests of a destination, with the routes of the API that manages it.
import { api, call } from './client'
import { managingApi, projectHeader, requestedWith } from './destination-api'
import { ApiError } from './error'
import type { Destination, TestResult } from './types'

/** Sends a code to an email address or phone. Returns when the code expires (RFC 3339). */
export async function sendCode(destination: Destination): Promise<string> {
  const params = { params: { path: { id: destination.id } } }
  const sent =
    managingApi(destination) === 'channel'
      ? await call(api.POST('/v1/notifications/channels/{id}/send-code', params))
      : await call(api.POST('/v1/notifications/destinations/{id}/send-code', params))
  return sent.expires_at
}

/**
 * Verifies an address with the code that was sent to it, and a webhook with a signed request that it must answer with a
 * 2xx.
 */
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

/** Sends a test and returns the destination's answer. A successful test also makes the destination healthy again. */
export const sendTest = (destination: Destination): Promise<TestResult> => call(test(destination))

/** The answer to a test that failed, if the destination answered. */
export function failedTest(error: unknown): TestResult | null {
  const body = error instanceof ApiError ? error.body : null
  return typeof body === 'object' && body !== null && 'success' in body ? (body as TestResult) : null
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
      throw new ApiError(0, null, 'Verify a mail webhook to test it.')
  }
}
