import { CopyButton } from './copy'
import './id.css'

/** Shortens an id to its prefix and its last characters. */
export function shortId(id: string): string {
  const prefix = /^[a-z]+_/.exec(id)?.[0] ?? ''
  const rest = id.slice(prefix.length)
  return rest.length <= 12 ? id : `${prefix}…${rest.slice(-8)}`
}

/** An id, in full or shortened, with a button that copies all of it. */
export function Id({ id, short, copy = true }: { id: string; short?: boolean; copy?: boolean }) {
  return (
    <span class="id">
      <code title={id}>{short ? shortId(id) : id}</code>
      {copy && <CopyButton text={id} label="Copy id" />}
    </span>
  )
}
