import type { Stats } from '../api/types'
import { count } from './plural'
import { absolute } from './time'

type Bucket = Stats['buckets'][number]

/** The parts of a bar from bottom to top. */
export const PARTS = ['succeeded', 'throttled', 'failed'] as const
export type Part = (typeof PARTS)[number]

/** `99.8 %`. Never rounds to 100 % if an attempt failed, nor to 0 % if one succeeded. */
export function percent(rate: number | null | undefined): string {
  if (rate === null || rate === undefined) return '–'
  const rounded = Math.round(rate * 1000) / 10
  if (rounded >= 100 && rate < 1) return '> 99.9 %'
  if (rounded <= 0 && rate > 0) return '< 0.1 %'
  return `${rounded} %`
}

/** What the figures contain, if they are not exact; null if they are. */
export function sourceNote({ source, since }: Pick<Stats, 'source' | 'since'>): string | null {
  switch (source) {
    case 'deliveries':
      return null
    case 'counters':
      return 'Estimated from counters, because there are more than 1,000 deliveries.'
    case 'newest_deliveries':
      return `Only the newest 1,000 deliveries, since ${absolute(since)}.`
  }
}

/** The queue of a destination's deliveries, as a sentence; null for the usual one. */
export function laneNote(lane: Stats['lane']): string | null {
  switch (lane) {
    case 'fast':
      return null
    case 'slow':
      return 'Its deliveries use the queue for slow destinations, so that others do not wait for it.'
    case 'mail':
      return 'Emails are sent at the rate that the mail service allows for this deployment.'
  }
}

/** The rectangles of a bar, in pixels from the top. Each part with attempts is at least 2 pixels high. */
export function bar(bucket: Bucket, top: number, height: number): { part: Part; y: number; height: number }[] {
  const parts: { part: Part; y: number; height: number }[] = []
  let y = height
  for (const part of PARTS) {
    if (bucket[part] === 0) continue
    const size = Math.max((bucket[part] / top) * height, 2)
    y = Math.max(y - size, 0)
    parts.push({ part, y, height: size })
  }
  return parts
}

/** The busiest bucket's number of attempts; at least 1. */
export const busiest = (buckets: readonly Bucket[]): number => Math.max(1, ...buckets.map(bucket => bucket.attempts))

/** `12 attempts: 10 succeeded, 2 failed`. */
export function bucketText(bucket: Bucket): string {
  const words = { succeeded: 'succeeded', throttled: 'rate limited', failed: 'failed' }
  const parts = PARTS.filter(part => bucket[part] > 0).map(part => `${count(bucket[part])} ${words[part]}`)
  const head = `${count(bucket.attempts)} ${bucket.attempts === 1 ? 'attempt' : 'attempts'}`
  return parts.length > 0 ? `${head}: ${parts.join(', ')}` : head
}
