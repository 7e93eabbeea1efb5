import type { Delivery } from '../api/types'

/** The most rows that a live list keeps. */
export const MAX_ROWS = 200
/** How long a delivery that is not final is watched. */
const WATCHED_MS = 10 * 60_000
/** How much earlier than its delivery an event may have been accepted. */
const ACCEPTED_BEFORE_MS = 60_000

export type Live = {
  /** Newest event first. */
  rows: readonly Delivery[]
  /** The ids of rows that were new or changed in the last answer. */
  changed: ReadonlySet<string>
}

export const EMPTY: Live = { rows: [], changed: new Set() }

const isFinal = ({ state }: Delivery) => state === 'succeeded' || state === 'abandoned'
const differs = (before: Delivery, after: Delivery) =>
  before.state !== after.state || before.attempt_count !== after.attempt_count

const place = (row: Delivery) => row.event_id + row.id

/** Adds an answer of the API to a live list. */
export function merge(live: Live, answer: readonly Delivery[]): Live {
  const before = new Map(live.rows.map(row => [row.id, row]))
  const changed = answer.filter(row => {
    const known = before.get(row.id)
    return !known || differs(known, row)
  })
  if (changed.length === 0) return live.changed.size === 0 ? live : { ...live, changed: new Set() }
  for (const row of answer) before.set(row.id, row)
  const rows = [...before.values()].sort((a, b) => (place(a) < place(b) ? 1 : -1)).slice(0, MAX_ROWS)
  return { rows, changed: new Set(changed.map(({ id }) => id)) }
}

/** The time from which to ask for deliveries: new ones, and those that may still change. */
export function since(live: Live, now: number): string {
  const newest = live.rows[0] ? Date.parse(live.rows[0].created_at) : now
  const open = live.rows.filter(row => !isFinal(row)).map(row => Date.parse(row.created_at))
  const watched = open.filter(at => at > now - WATCHED_MS)
  return new Date(Math.min(newest, now, ...watched) - ACCEPTED_BEFORE_MS).toISOString()
}

/** What a screen reader says about the rows that were new or changed. */
export function summary(rows: readonly Delivery[]): string {
  const bad = rows.filter(({ state }) => state !== 'succeeded' && state !== 'pending').length
  const all =
    rows.length === 1 ? '1 delivery is new or has changed' : `${rows.length} deliveries are new or have changed`
  return bad > 0 ? `${all}, ${bad} of them without success.` : `${all}.`
}
