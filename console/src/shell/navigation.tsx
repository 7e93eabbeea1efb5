import { BookOpen, Gauge, History, Inbox, KeyRound, type LucideIcon, Send, Split, Webhook, Zap } from 'lucide-preact'
import { href, usePath } from '../router/hash'

type Entry = { path: string; label: string; icon: LucideIcon }

export const pages: readonly Entry[] = [
  { path: '/', label: 'Overview', icon: Gauge },
  { path: '/deliveries', label: 'Deliveries', icon: Send },
  { path: '/events', label: 'Events', icon: Zap },
  { path: '/destinations', label: 'Destinations', icon: Inbox },
  { path: '/rules', label: 'Rules', icon: Split },
  { path: '/webhooks', label: 'Webhooks', icon: Webhook },
  { path: '/catalogue', label: 'Event types', icon: BookOpen },
]

/** The pages of admins. */
export const settings: readonly Entry[] = [
  { path: '/keys', label: 'Keys', icon: KeyRound },
  { path: '/audit', label: 'Audit log', icon: History },
]

/** Whether a path is the entry's page or a page below it. */
export function isUnder(entry: string, path: string): boolean {
  return entry === '/' ? path === '/' : path === entry || path.startsWith(`${entry}/`)
}

export function Links({ entries, onGo }: { entries: readonly Entry[]; onGo?: () => void }) {
  const path = usePath()
  return (
    <ul class="nav-links">
      {entries.map(({ path: to, label, icon: Icon }) => (
        <li key={to}>
          <a href={href(to)} class="nav-link" aria-current={isUnder(to, path) ? 'page' : undefined} onClick={onGo}>
            <Icon size={17} aria-hidden="true" />
            <span>{label}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
