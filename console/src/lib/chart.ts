import type { DeliveryState, Outcomes } from '../api/types'

/** From the bottom of a bar to its top: what went well carries what did not, which is thereby seen at a glance. */
export const STACK_ORDER: readonly DeliveryState[] = ['succeeded', 'pending', 'held', 'failed', 'abandoned']

export const sum = (outcomes: Outcomes): number => STACK_ORDER.reduce((total, state) => total + outcomes[state], 0)

/** Round numbers from 0 to at least `max`, about `about` steps apart, whole as deliveries are. */
export function ticks(max: number, about = 4): number[] {
  const rough = Math.max(max, 1) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, [1, 2, 5, 10].map(m => m * power).find(step => step >= rough - 1e-9) ?? rough)
  const count = Math.max(1, Math.ceil(Math.max(max, 1) / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, n) => n * step)
}

export type Segment = { state: DeliveryState; y: number; height: number }

/**
 * The parts of a bar, in pixels from the top of a plot of this height. A part that is not nothing is at least `least`
 * pixels high: one abandoned delivery must be seen among thousands that succeeded.
 */
export function segments(bucket: Outcomes, top: number, height: number, least = 2): Segment[] {
  const parts: Segment[] = []
  let y = height
  for (const state of STACK_ORDER) {
    const n = bucket[state]
    if (n === 0) continue
    const part = Math.max((n / top) * height, least)
    y -= part
    parts.push({ state, y, height: part })
  }
  return parts
}

/** Distances between labels that people read at a glance, in hours. */
const HOURS = [1, 2, 3, 4, 6, 12, 24, 48, 96]
/** What is free between two labels, in pixels. */
const GAP = 20

/**
 * Which buckets get a label of `wanted` pixels, so that labels do not touch: those that begin at a round hour of the person's
 * clock; where none does (zones half an hour off), every so-many-th. One that the edge would cut is left out.
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
