import type { DeliveryState, Outcomes } from '../api/types'

/** The parts of a bar from bottom to top, so that problems stand out at the top. */
export const STACK_ORDER: readonly DeliveryState[] = ['succeeded', 'pending', 'held', 'failed', 'abandoned']

export const sum = (outcomes: Outcomes): number => STACK_ORDER.reduce((total, state) => total + outcomes[state], 0)

/** Round whole numbers from 0 to at least `max`, in about `about` steps. */
export function ticks(max: number, about = 4): number[] {
  const rough = Math.max(max, 1) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, [1, 2, 5, 10].map(m => m * power).find(step => step >= rough - 1e-9) ?? rough)
  const count = Math.max(1, Math.ceil(Math.max(max, 1) / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, n) => n * step)
}

export type Segment = { state: DeliveryState; y: number; height: number }

/**
 * The parts of a bar, in pixels from the top of a plot of this height. Each part with deliveries is at least
 * `minHeight` pixels high, so that one abandoned delivery stays visible among thousands that succeeded.
 */
export function segments(bucket: Outcomes, top: number, height: number, minHeight = 2): Segment[] {
  const parts: Segment[] = []
  let y = height
  for (const state of STACK_ORDER) {
    const n = bucket[state]
    if (n === 0) continue
    const part = Math.max((n / top) * height, minHeight)
    y -= part
    parts.push({ state, y, height: part })
  }
  return parts
}

/** Distances between labels that are easy to read, in hours. */
const HOURS = [1, 2, 3, 4, 6, 12, 24, 48, 96]
/** The space between two labels, in pixels. */
const GAP = 20

/**
 * The buckets that get a label of `labelWidth` pixels, without overlaps: those that start at a round hour of the user's
 * time zone. In zones with an offset of half an hour there are none, so every nth bucket gets one. Labels that do not
 * fit before the right edge are left out.
 */
export function labelIndexes(
  times: readonly string[],
  stepSeconds: number,
  width: number,
  labelWidth: number,
): number[] {
  const perHour = (width / Math.max(times.length, 1)) * (3600 / stepSeconds)
  const hoursApart = HOURS.find(hours => hours * perHour >= labelWidth) ?? 168
  const slot = width / Math.max(times.length, 1)
  const all = times.map((_, index) => index).filter(index => index * slot + labelWidth - GAP <= width)
  const round = all.filter(index => isRound(new Date(times[index] ?? ''), hoursApart))
  const every = Math.max(1, Math.ceil((hoursApart * 3600) / stepSeconds))
  return round.length > 1 ? round : all.filter(index => index % every === 0)
}

function isRound(time: Date, hoursApart: number): boolean {
  if (time.getMinutes() !== 0) return false
  return hoursApart <= 24
    ? time.getHours() % hoursApart === 0
    : time.getHours() === 0 && time.getDate() % (hoursApart / 24) === 0
}
