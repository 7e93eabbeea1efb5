import { CopyButton } from '../../../ui/copy'
import './snippet.css'

/** Sample code with a button that copies it. */
export function Snippet({ label, code }: { label: string; code: string }) {
  return (
    <div class="snippet">
      <section
        class="snippet-scroll"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be focusable
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
