import { CopyButton } from '../../../ui/copy'
import './secret-box.css'

/** A secret with a button that copies it. */
export function SecretBox({ label, secret }: { label: string; secret: string }) {
  return (
    <div class="secret">
      <span class="field-label">{label}</span>
      <div class="secret-line">
        <code class="secret-text">{secret}</code>
        <CopyButton text={secret} label={`Copy ${label.toLowerCase()}`}>
          Copy
        </CopyButton>
      </div>
    </div>
  )
}
