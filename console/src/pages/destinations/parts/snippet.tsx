import { CopyButton } from '../../../ui/copy'
import './snippet.css'

/** A few lines of code to take over. */
export function Snippet({ label, code }: { label: string; code: string }) {
  return (
    <div class="snippet">
      <section
        class="snippet-scroll"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <pre>
          <code>{code}</code>
        </pre>
      </section>
      <div class="snippet-copy">
        <CopyButton text={code} label="Copy code" />
      </div>
    </div>
  )
}
