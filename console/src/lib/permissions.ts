// What a key may do, as the APIs decide it: `shared/api/src/auth.rs`, and `access.rs` of each function.
import type { MadeBy, Whoami } from '../api/types'

/** What a button changes: something of an API, of any of them, or the account's keys. */
export type Area = MadeBy | 'any' | 'account'

type Key = Pick<Whoami, 'role' | 'permissions' | 'project_id'>

/** The permission that allows to change project channels, whatever the role. */
const CONFIG_WRITE = 'config:write'
const APIS: readonly MadeBy[] = ['stack', 'mail', 'stack_auth', 'providers', 'config']

/** Why a key may not change anything in an area, as a sentence; null if it may. */
export function refusal(key: Key, area: Area): string | null {
  const isAdmin = key.role === 'admin'
  const readsOnly = key.role === 'viewer'
  switch (area) {
    case 'account':
      return isAdmin ? null : `Only admins manage keys. Your key has the role ${key.role}.`
    case 'providers':
      return isAdmin ? null : `Only admins change providers. Your key has the role ${key.role}.`
    case 'config':
      return isAdmin || key.permissions.includes(CONFIG_WRITE)
        ? null
        : `Project channels need the permission ${CONFIG_WRITE} or the role admin. Ask an admin for such a key.`
    case 'stack_auth':
      if (!readsOnly && key.project_id) {
        return `Your key is bound to the project ${key.project_id}. Endpoints receive the events of all projects, so they need another key.`
      }
      return readsOnly ? VIEWER : null
    case 'any':
      return APIS.some(api => refusal(key, api) === null) ? null : VIEWER
    default:
      return readsOnly ? VIEWER : null
  }
}

const VIEWER = 'Your key has the role viewer and cannot change this. Sign in with the key of an editor or admin.'

/** What to say above all pages about a key that cannot change everything; null for others. */
export function limits(key: Key): string | null {
  if (key.role !== 'viewer') return null
  return refusal(key, 'config') === null
    ? 'Your key has the role viewer. It can change project channels, and nothing else.'
    : 'Your key has the role viewer and cannot change anything.'
}
