import {
  Gamepad2,
  Hash,
  type LucideIcon,
  Mail,
  MessageCircle,
  MessageSquare,
  MessageSquareText,
  MessagesSquare,
  Siren,
  Webhook,
} from 'lucide-preact'
import { useDestinationKinds } from '../api/destination-kinds'

const icons: Record<string, LucideIcon> = {
  webhook: Webhook,
  signed_webhook: Webhook,
  mail_webhook: Webhook,
  email: Mail,
  sms: MessageSquareText,
  slack: Hash,
  teams: MessagesSquare,
  discord: Gamepad2,
  google_chat: MessageCircle,
  ops_email: Siren,
}

/**
 * The icon of a kind. Kinds that the console does not know get the icon of a chat, because new kinds usually are chats.
 */
export const kindIcon = (kind: string): LucideIcon => icons[kind] ?? MessageSquare

/** The name of a kind for people. */
export function KindTitle({ kind }: { kind: string }) {
  const { titleOf } = useDestinationKinds()
  return <>{titleOf(kind)}</>
}
