import { Search } from 'lucide-preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { api, call } from '../api/client'
import { messageOf } from '../api/error'
import type { SearchResult } from '../api/types'
import { kindNames, looksLikeId, pageOf } from '../lib/search'
import { absolute } from '../lib/time'
import { navigate } from '../router/hash'
import { Button, IconButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { shortId } from '../ui/id'
import { Time } from '../ui/time'
import './search.css'

/** How long to wait for more typing before a search for text. */
const TYPING_MS = 250

type Answer = { results: SearchResult[]; searchedUntil: string | null; cursor: string | null }

const NOTHING: Answer = { results: [], searchedUntil: null, cursor: null }

async function find(q: string, cursor: string | null): Promise<Answer> {
  const query = { q, limit: 20, ...(cursor ? { cursor } : {}) }
  const { results, searched_until, next_cursor } = await call(api.GET('/v1/search', { params: { query } }))
  return { results, searchedUntil: searched_until ?? null, cursor: next_cursor ?? null }
}

/** Opens the search by a button, `/`, or Ctrl or Cmd with K. */
export function SearchButton({ icon }: { icon?: boolean }) {
  const [open, setOpen] = useState(false)
  const place = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const inField = (event.target as HTMLElement).closest('input, select, textarea, [contenteditable]') !== null
      const slash = event.key === '/' && !inField && !event.ctrlKey && !event.metaKey && !event.altKey
      const k = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)
      // The page has a button for each screen size, of which one is visible.
      const isVisible = place.current?.firstElementChild?.getClientRects().length !== 0
      if (!(slash || k) || !isVisible || document.querySelector('dialog[open]')) return
      event.preventDefault()
      setOpen(true)
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
  return (
    <span class="search-place" ref={place}>
      {icon ? (
        <IconButton label="Search" icon={<Search size={18} />} onClick={() => setOpen(true)} />
      ) : (
        <button
          type="button"
          class="search-button"
          aria-label="Search"
          aria-keyshortcuts="/ Control+K Meta+K"
          onClick={() => setOpen(true)}
        >
          <Search size={15} aria-hidden="true" />
          <span>Search</span>
          <kbd>/</kbd>
        </button>
      )}
      {open && <SearchDialog onClose={() => setOpen(false)} />}
    </span>
  )
}

function SearchDialog({ onClose }: { onClose: () => void }) {
  const list = useId()
  const [text, setText] = useState('')
  const [answer, setAnswer] = useState<Answer>(NOTHING)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [active, setActive] = useState(0)
  /** The text for which Enter was pressed before the answer came: go to the first result then. */
  const waiting = useRef<string | null>(null)
  /** The text that the answer is for. */
  const answered = useRef('')
  const asked = useRef(0)
  const q = text.trim()

  const go = (result: SearchResult) => {
    onClose()
    navigate(...pageOf(result))
  }
  const search = async (cursor: string | null) => {
    asked.current += 1
    const mine = asked.current
    setBusy(true)
    setError(null)
    try {
      const found = await find(q, cursor)
      if (mine !== asked.current) return
      const results = cursor ? [...answer.results, ...found.results] : found.results
      setAnswer({ ...found, results })
      answered.current = q
      const first = results[0]
      if (waiting.current === q && first) go(first)
    } catch (error) {
      if (mine === asked.current) setError(messageOf(error))
    }
    if (mine === asked.current) {
      waiting.current = null
      setBusy(false)
    }
  }
  useEffect(() => {
    setAnswer(NOTHING)
    setActive(0)
    asked.current += 1
    setBusy(q !== '')
    if (q === '') return
    const timer = setTimeout(() => void search(null), looksLikeId(q) ? 0 : TYPING_MS)
    return () => clearTimeout(timer)
  }, [q])

  const { results } = answer
  const option = (index: number) => `${list}-${index}`
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const next = (active + (event.key === 'ArrowDown' ? 1 : -1) + results.length) % Math.max(results.length, 1)
      setActive(next)
      document.getElementById(option(next))?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const typed = (event.currentTarget as HTMLInputElement).value.trim()
      const result = results[active]
      if (typed !== answered.current) waiting.current = typed
      else if (result) go(result)
    }
  }
  const status = error ?? statusOf(q, busy, answer)
  return (
    <Dialog title="Search" onClose={onClose} wide>
      <input
        class="control"
        type="text"
        role="combobox"
        aria-label="Search"
        aria-expanded={results.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={results.length > 0 ? option(active) : undefined}
        placeholder="An id, a URL or address, or text of an event"
        autocomplete="off"
        spellcheck={false}
        maxLength={256}
        // The dialog focuses it on touch screens too: people open the search to type.
        autofocus
        value={text}
        onInput={event => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div id={list} class="search-results" role="listbox" aria-label="Results">
        {Object.entries(kindNames).map(([kind, name]) => {
          const of = results.map((result, index) => ({ result, index })).filter(({ result }) => result.kind === kind)
          if (of.length === 0) return null
          return (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a list box
            <div key={kind} role="group" aria-label={name}>
              <p class="search-kind" aria-hidden="true">
                {name}
              </p>
              {of.map(({ result, index }) => (
                // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
                // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
                <div
                  key={result.id}
                  id={option(index)}
                  role="option"
                  aria-selected={index === active}
                  class={index === active ? 'search-option search-active' : 'search-option'}
                  onMouseMove={() => setActive(index)}
                  onClick={() => go(result)}
                >
                  <span class="search-title">{result.title}</span>
                  <span class="search-at muted">
                    <Time at={result.at} />
                  </span>
                  <span class="search-more muted">
                    <code>{shortId(result.id)}</code> {result.subtitle}
                  </span>
                </div>
              ))}
            </div>
          )
        })}
      </div>
      <p class="muted" role="status">
        {status}
      </p>
      {answer.cursor && (
        <div>
          <Button size="s" busy={busy} onClick={() => void search(answer.cursor)}>
            Search older events
          </Button>
        </div>
      )}
    </Dialog>
  )
}

function statusOf(q: string, busy: boolean, { results, searchedUntil }: Answer): string {
  if (q === '') return 'Paste the id of anything, or type a part of an address or of an event.'
  if (busy) return 'Searching…'
  const found = results.length === 1 ? '1 result.' : results.length === 0 ? 'No results.' : `${results.length} results.`
  return searchedUntil ? `${found} Events were searched back to ${absolute(searchedUntil)}.` : found
}
