import { useMemo, useState } from 'preact/hooks'
import type { Mail as Content } from '../../api/types'
import { mailContent } from '../../lib/mail-html'
import { Choice } from '../choice'
import './mail.css'

/** A mail: its sender, its subject, and one of its two parts. */
export function Mail({ mail, name }: { mail: Content; name: string }) {
  const [part, setPart] = useState<'html' | 'text'>('html')
  const html = useMemo(() => mailContent(mail.html), [mail.html])
  return (
    <div class="mail">
      <dl class="mail-head">
        {mail.from && (
          <div>
            <dt>From</dt>
            <dd>{mail.from}</dd>
          </div>
        )}
        <div>
          <dt>To</dt>
          <dd>{name}</dd>
        </div>
        <div>
          <dt>Subject</dt>
          <dd>
            <strong>{mail.subject}</strong>
          </dd>
        </div>
      </dl>
      <Choice
        label="Part of the email"
        value={part}
        onValue={setPart}
        options={[
          { value: 'html', label: 'HTML' },
          { value: 'text', label: 'Plain text' },
        ]}
      />
      {part === 'html' ? <div class="mail-body">{html}</div> : <pre class="mail-text">{mail.text.trim()}</pre>}
    </div>
  )
}
