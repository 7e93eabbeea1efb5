import type { ApiKeyView } from '../api/types'
import type { Tone } from './tone'

export const LIFETIMES = [
  { value: '', label: 'Never' },
  { value: '86400', label: 'In 1 day' },
  { value: '604800', label: 'In 7 days' },
  { value: '2592000', label: 'In 30 days' },
  { value: '7776000', label: 'In 90 days' },
  { value: '31536000', label: 'In 1 year' },
] as const

export const LINK_LIFETIMES = [
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '28800', label: '8 hours' },
  { value: '86400', label: '24 hours' },
] as const

export const ROLES = [
  { value: 'viewer', label: 'Viewer: can read' },
  { value: 'editor', label: 'Editor: can also change rules and destinations, and post events' },
  { value: 'admin', label: 'Admin: can do everything, with keys too' },
] as const

export const keyStates: Record<ApiKeyView['state'], { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'green' },
  expired: { label: 'Expired', tone: 'grey' },
  revoked: { label: 'Revoked', tone: 'red' },
}

/** What a key is called in lists. */
export function keyTitle({ name, kind }: Pick<ApiKeyView, 'name' | 'kind'>): string {
  return name ?? (kind === 'portal' ? 'Portal link' : 'Unnamed key')
}

/** The hour of the last use for people: the exact time is not known. */
export function lastUsed(at: string | null | undefined, now: number): string {
  if (!at) return 'Never'
  const hours = Math.floor((now - Date.parse(at)) / 3_600_000)
  if (hours < 1) return 'In the last hour'
  if (hours < 48) return hours === 1 ? '1 hour ago' : `${hours} hours ago`
  return `${Math.floor(hours / 24)} days ago`
}
