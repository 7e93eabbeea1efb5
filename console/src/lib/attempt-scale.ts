import type { Attempt } from '../api/types'
import { duration } from './time'

export type Mark = {
  attempt: Attempt
  /** The place on the line, from 0 to 100. */
  place: number
  /** The wait since the end of the attempt before, for people. Null for the first. */
  wait: string | null
}

/** The least distance between two marks, as a percentage of the line. */
const LEAST = 3

/** Places attempts on a line by their times. Marks that would touch move apart. */
export function marks(attempts: readonly Attempt[]): Mark[] {
  const times = attempts.map(({ at }) => Date.parse(at))
  const first = times[0] ?? 0
  const span = (times.at(-1) ?? first) - first
  const least = Math.min(LEAST, 100 / Math.max(attempts.length - 1, 1))
  let after = Number.NEGATIVE_INFINITY
  const places = times.map(time => {
    after = Math.max(span > 0 ? ((time - first) / span) * 100 : 0, after + least)
    return after
  })
  // Marks that moved beyond the end push the ones before them back.
  let before = 100 + least
  for (let index = places.length - 1; index >= 0; index -= 1) {
    before = Math.min(places[index] ?? 0, before - least)
    places[index] = Math.max(before, 0)
  }
  return attempts.map((attempt, index) => {
    const previous = attempts[index - 1]
    const ended = previous ? Date.parse(previous.at) + previous.duration_ms : null
    const wait = ended === null ? null : duration(Math.max((times[index] ?? 0) - ended, 0))
    return { attempt, place: places[index] ?? 0, wait }
  })
}
