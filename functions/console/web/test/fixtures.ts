import type { Health } from '../src/api/types'

/** The health of a destination with which all is well. */
export const healthy: Health = { status: 'healthy', breaker: { state: 'closed' }, slow: false }
