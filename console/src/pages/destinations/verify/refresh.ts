import { refresh } from '../../../api/changes'

/** What is shown of a destination's health anywhere is asked for again. */
export const refreshHealth = () =>
  refresh('/v1/notifications/destinations', '/v1/notifications/channels', '/v1/webhooks/endpoints', '/v1/overview')
