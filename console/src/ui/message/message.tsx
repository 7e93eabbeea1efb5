import { useMemo } from 'preact/hooks'
import type { Message as Content } from '../../api/types'
import { chatMessage } from '../../lib/chat-message'
import { Json } from '../json'
import { Chat } from './chat'
import { Mail } from './mail'
import { Sms } from './sms'
import './message.css'

/** A message, rendered as its receiver sees it. `name` is that of the destination, for screen readers. */
export function Message({ kind, content, name }: { kind: string; content: Content; name: string }) {
  const { body, mail, sms } = content
  const chat = useMemo(() => (body ? chatMessage(kind, body) : null), [kind, body])
  if (mail) return <Mail mail={mail} name={name} />
  if (sms) return <Sms sms={sms} />
  if (!body) return null
  if (!chat) return <Json text={body} label={`message to ${name}`} />
  return (
    <div class="stack-s">
      <Chat platform={kind} message={chat} />
      <details class="message-source">
        <summary>JSON</summary>
        <Json text={body} label={`message to ${name}`} />
      </details>
    </div>
  )
}
