import {
  Gamepad2,
  Hash,
  type LucideIcon,
  Mail,
  MessageCircle,
  MessageSquareText,
  MessagesSquare,
  Siren,
  Webhook,
} from 'lucide-preact'
import type { Kind, MadeBy } from '../api/types'

/** How each kind of destination is called and drawn. */
export const kinds: Record<Kind, { label: string; icon: LucideIcon }> = {
  webhook: { label: 'Webhook', icon: Webhook },
  email: { label: 'Email', icon: Mail },
  sms: { label: 'Text message', icon: MessageSquareText },
  slack: { label: 'Slack', icon: Hash },
  teams: { label: 'Microsoft Teams', icon: MessagesSquare },
  discord: { label: 'Discord', icon: Gamepad2 },
  google_chat: { label: 'Google Chat', icon: MessageCircle },
  ops_email: { label: 'Team email', icon: Siren },
}

/** The API that a destination was made with, for people. */
export const madeByLabels: Record<MadeBy, string> = {
  stack: 'STACK',
  mail: 'Mail webhooks',
  providers: 'Providers',
  config: 'Project channels',
  stack_auth: 'Stack Auth webhooks',
}
