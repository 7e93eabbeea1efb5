import type { DeliveryState, Resent } from '../api/types'
import { deliveryQuery } from './deliveries'

/** The filter of `POST /v1/deliveries/resend`. */
export type ResendFilter = {
  states?: DeliveryState[]
  destination_ids?: string[]
  event_type?: string
  since?: string
  until?: string
}

/** The filter for what a delivery list shows. Without a state, these are held, failed and abandoned deliveries. */
export function resendFilter(query: Record<string, string | undefined>, now: number): ResendFilter {
  const { state, destination_id, event_type, since, until } = deliveryQuery(query, now)
  return {
    ...(state ? { states: [state] } : {}),
    ...(destination_id ? { destination_ids: [destination_id] } : {}),
    ...(event_type ? { event_type } : {}),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  }
}

export type SkipReason = Resent['skipped'][number]['reason']

/** The deliveries to one destination. */
export type OfDestination = { id: string; count: number; skipped: SkipReason | null; eventTypes: Map<string, number> }

/** The numbers of all requests so far. */
export type Tally = { matched: number; queued: number; destinations: Map<string, OfDestination> }

export const noTally: Tally = { matched: 0, queued: 0, destinations: new Map() }

/** Adds the answer to a request. */
export function addUp(tally: Tally, answer: Resent): Tally {
  const destinations = new Map(tally.destinations)
  for (const { destination_id: id, count, skipped, event_types } of answer.by_destination) {
    const before = destinations.get(id)
    const eventTypes = new Map(before?.eventTypes)
    for (const of of event_types) eventTypes.set(of.event_type, (eventTypes.get(of.event_type) ?? 0) + of.count)
    destinations.set(id, { id, count: (before?.count ?? 0) + count, skipped: skipped ?? null, eventTypes })
  }
  return { matched: tally.matched + answer.matched, queued: tally.queued + answer.queued, destinations }
}

/** The destinations with the most deliveries first. Those that do not receive come last. */
export const sorted = ({ destinations }: Tally): OfDestination[] =>
  [...destinations.values()].sort(
    (a, b) => Number(a.skipped !== null) - Number(b.skipped !== null) || b.count - a.count,
  )

/** The number of deliveries that would be sent again. */
export const sendable = ({ destinations }: Tally): number =>
  [...destinations.values()].reduce((sum, of) => (of.skipped ? sum : sum + of.count), 0)

export const skipTexts: Record<SkipReason, string> = {
  destination_unverified: 'Skipped: not verified',
  destination_unhealthy: 'Skipped: unhealthy',
  destination_disabled: 'Skipped: disabled',
  destination_deleted: 'Skipped: deleted',
}

type Loop = {
  /** Sends one request. */
  send: (cursor: string | null) => Promise<Resent>
  onProgress: (tally: Tally) => void
  /** Checked before each request. */
  isStopped: () => boolean
  /** Whether a failed request may succeed when it is sent again. */
  isTemporary: (error: unknown) => boolean
  wait: (ms: number) => Promise<void>
}

const MAX_TRIES = 4

/** Repeats requests until there is no cursor or the user stops. Returns whether all deliveries were looked at. */
export async function inSteps({ send, onProgress, isStopped, isTemporary, wait }: Loop): Promise<boolean> {
  let tally = noTally
  let cursor: string | null = null
  for (let tries = 1; !isStopped(); ) {
    let answer: Resent
    try {
      answer = await send(cursor)
    } catch (error) {
      if (tries === MAX_TRIES || !isTemporary(error)) throw error
      await wait(1000 * tries)
      tries += 1
      continue
    }
    tries = 1
    tally = addUp(tally, answer)
    onProgress(tally)
    cursor = answer.next_cursor ?? null
    if (cursor === null) return true
  }
  return false
}
