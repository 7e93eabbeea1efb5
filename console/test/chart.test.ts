import { describe, expect, it } from 'vitest'
import { labelIndexes, segments, sum, ticks } from '../src/lib/chart'

const none = { succeeded: 0, failed: 0, pending: 0, held: 0, abandoned: 0 }

describe('the ticks of a scale', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [7, [0, 2, 4, 6, 8]],
    [80, [0, 20, 40, 60, 80]],
    [81, [0, 50, 100]],
    [1_234, [0, 500, 1000, 1500]],
  ])('up to %d are %j', (max, expected) => {
    expect(ticks(max)).toEqual(expected)
  })

  it('are few whole numbers that reach the largest value', () => {
    for (let max = 0; max < 5_000; max += 7) {
      const all = ticks(max)
      expect(all.every(Number.isInteger)).toBe(true)
      expect(all.at(-1)).toBeGreaterThanOrEqual(max)
      expect(all.length).toBeLessThanOrEqual(6)
    }
  })
})

describe('the segments of a bar', () => {
  it('are stacked, with succeeded deliveries at the bottom', () => {
    expect(segments({ ...none, succeeded: 6, abandoned: 2 }, 8, 80)).toEqual([
      { state: 'succeeded', y: 20, height: 60 },
      { state: 'abandoned', y: 0, height: 20 },
    ])
  })

  it('are left out if empty, and visible for one delivery among thousands', () => {
    expect(segments(none, 10, 100)).toEqual([])
    expect(segments({ ...none, succeeded: 9_999, failed: 1 }, 10_000, 100).at(-1)).toMatchObject({
      state: 'failed',
      height: 2,
    })
  })

  it('have a sum', () => {
    expect(sum({ succeeded: 1, failed: 2, pending: 3, held: 4, abandoned: 5 })).toBe(15)
  })
})

describe('labels', () => {
  /** Half hours from midnight, in the time zone of the test. */
  const halfHours = (n: number) =>
    Array.from({ length: n }, (_, index) => new Date(2026, 3, 15, 0, index * 30).toISOString())

  it('are at round hours, as many as fit', () => {
    expect(labelIndexes(halfHours(48), 1800, 960, 52)).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44])
    expect(labelIndexes(halfHours(48), 1800, 300, 52)).toEqual([0, 12, 24, 36])
  })

  it('are left out if they do not fit before the edge', () => {
    // The last bucket is 22:00. Its label needs 32 pixels, and 20 are left.
    const times = Array.from({ length: 48 }, (_, index) => new Date(2026, 3, 14, 22, 30 * (index + 1)).toISOString())
    expect(labelIndexes(times, 1800, 960, 52).at(-1)).toBe(43)
    expect(labelIndexes(times, 1800, 1920, 52).at(-1)).toBe(47)
  })

  it('have equal distances if no bucket starts at a full hour', () => {
    const odd = Array.from({ length: 24 }, (_, index) => new Date(2026, 3, 15, index, 20).toISOString())
    expect(labelIndexes(odd, 3600, 960, 52)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
    expect(labelIndexes([], 3600, 300, 52)).toEqual([])
  })
})
