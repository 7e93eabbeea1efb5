import type { MadeBy } from '../api/types'

/** The names for people of the APIs that create destinations. */
export const madeByLabels: Record<MadeBy, string> = {
  stack: 'STACK',
  mail: 'Mail webhooks',
  providers: 'Providers',
  config: 'Project channels',
  stack_auth: 'Stack Auth webhooks',
}
