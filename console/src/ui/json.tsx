import { useMemo } from 'preact/hooks'
import { pretty, tokens } from '../lib/json-text'
import { CopyButton } from './copy'
import './json.css'

/** Indented and highlighted JSON, or any other text as it is. The button copies `text` unchanged. */
export function Json({ text, label = 'JSON' }: { text: string; label?: string }) {
  const shown = useMemo(() => {
    const formatted = pretty(text)
    return <code>{formatted === null ? text : highlight(formatted)}</code>
  }, [text])
  return (
    <div class="json">
      <section
        class="json-scroll"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be focusable
        tabIndex={0}
      >
        <pre>{shown}</pre>
      </section>
      <div class="json-copy">
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
    </div>
  )
}

/** Highlights strings, numbers and words. Names and punctuation stay plain: fewer elements render faster. */
function highlight(json: string) {
  const parts = []
  let end = 0
  for (const { text, at } of tokens(json)) {
    const after = at + text.length
    const kind = kindOf(text)
    if (!kind || json[after] === ':') continue
    parts.push(
      json.slice(end, at),
      <span key={at} class={`json-${kind}`}>
        {text}
      </span>,
    )
    end = after
  }
  return [...parts, json.slice(end)]
}

function kindOf(token: string): string | null {
  if (token.startsWith('"')) return 'string'
  if (/^[-\d]/.test(token)) return 'number'
  return /^[a-z]/.test(token) ? 'word' : null
}
