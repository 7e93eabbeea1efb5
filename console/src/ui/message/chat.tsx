import { useEffect, useRef } from 'preact/hooks'
import type { ChatMessage } from '../../lib/chat-message'
import './chat.css'

/** The styles of Teams containers, in the colors of the page. */
const TONES: Record<string, string> = {
  emphasis: 'var(--grey-fill)',
  accent: 'var(--accent-fill)',
  warning: 'var(--amber-fill)',
  attention: 'var(--red-fill)',
}

/** A message to a chat platform. The platform is a class, which arranges the parts as the platform does. */
export function Chat({ platform, message }: { platform: string; message: ChatMessage }) {
  const { title, subtitle, text, fields, notes, link, footer } = message
  const card = useRef<HTMLDivElement>(null)
  const color = message.color ?? TONES[message.tone ?? ''] ?? 'var(--grey-fill)'
  useEffect(() => card.current?.style.setProperty('--message-color', color), [color])
  // Google Chat has the severity in a line of its own.
  const [severity, ...more] = platform === 'google_chat' ? notes : [null, ...notes]
  const heading = <p class="chat-title">{title}</p>
  return (
    <div class={`chat chat-${platform}`} ref={card}>
      <p class="chat-sender">
        <span class="chat-avatar" aria-hidden="true">
          S
        </span>
        <strong>STACK Notifications</strong> <span class="chat-app">App</span>
      </p>
      {platform === 'slack' || platform === 'mattermost' ? heading : null}
      <div class="chat-card">
        {platform === 'slack' || platform === 'mattermost' ? null : heading}
        {subtitle && <p class="chat-small">{subtitle}</p>}
        {severity && <p class="chat-severity">{severity}</p>}
        {text && <p class="chat-text">{text}</p>}
        {fields.length > 0 && (
          <dl class="chat-fields">
            {fields.map(({ name, value }, index) => (
              <div key={index}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
        {more.map(note => (
          <p class="chat-small" key={note}>
            {note}
          </p>
        ))}
        {link && <Link {...link} />}
        {footer && <p class="chat-small">{footer}</p>}
      </div>
    </div>
  )
}

function Link({ text, url }: { text: string; url: string }) {
  if (!/^https?:/.test(url)) return <p class="chat-text">{url}</p>
  return (
    <p class="chat-link">
      <a href={url} target="_blank" rel="noreferrer" title={url}>
        {text}
      </a>
    </p>
  )
}
