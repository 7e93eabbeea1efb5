import { CopyButton } from './copy'
import './json.css'

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g

/** Pretty-printed JSON, if the text is JSON at all. */
export function pretty(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return null
  }
}

/** JSON, coloured; a text that is no JSON is shown as it is. `value` may be either a text or what one holds. */
export function Json({ value, label = 'JSON' }: { value: unknown; label?: string }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  const formatted = typeof value === 'string' ? pretty(value) : text
  return (
    <div class="json">
      <section
        class="json-scroll"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <pre>
          <code>{formatted === null ? text : colour(formatted)}</code>
        </pre>
      </section>
      <div class="json-copy">
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
    </div>
  )
}

function colour(json: string) {
  const parts = []
  let end = 0
  for (const match of json.matchAll(TOKENS)) {
    const [whole, string, colon, word] = match
    parts.push(json.slice(end, match.index))
    const kind = string ? (colon ? 'key' : 'string') : word ? 'word' : 'number'
    parts.push(
      <span key={match.index} class={`json-${kind}`}>
        {string ?? whole}
      </span>,
    )
    end = match.index + (string ?? whole).length
  }
  return [...parts, json.slice(end)]
}
