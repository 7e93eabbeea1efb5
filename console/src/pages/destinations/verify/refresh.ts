import { refresh } from '../../../api/changes'

/** Fetches again everything that shows the health of destinations. */
export const refreshHealth = () =>
  refresh('/v1/notifications/destinations', '/v1/notifications/channels', '/v1/webhooks/endpoints', '/v1/overview')
