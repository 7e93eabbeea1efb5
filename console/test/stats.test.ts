import { describe, expect, it } from 'vitest'
import { bar, bucketText, busiest, percent, sourceNote } from '../src/lib/stats'

const bucket = (succeeded: number, failed = 0, throttled = 0) => ({
  at: '2026-04-15T10:00:00.000Z',
  attempts: succeeded + failed + throttled,
  succeeded,
  failed,
  throttled,
  p95_ms: null,
})

describe('the figures of a destination', () => {
  it('never round a failure or a success away', () => {
    expect([1, 0.9, 0.99999, 0.00001, 0, null].map(percent)).toEqual([
      '100 %',
      '90 %',
      '> 99.9 %',
      '< 0.1 %',
      '0 %',
      '–',
    ])
  })

  it('say if they are estimates', () => {
    const since = '2026-04-15T10:00:00.000Z'
    expect(sourceNote({ source: 'deliveries', since })).toBeNull()
    expect(sourceNote({ source: 'counters', since })).toContain('Estimated')
    expect(sourceNote({ source: 'newest_deliveries', since })).toContain('since 15 Apr 2026')
  })

  it('are drawn with failures on top, which stay visible', () => {
    expect(bar(bucket(0), 1, 50)).toEqual([])
    expect(bar(bucket(99, 1), 100, 50)).toEqual([
      { part: 'succeeded', y: 0.5, height: 49.5 },
      { part: 'failed', y: 0, height: 2 },
    ])
    expect([busiest([]), busiest([bucket(3), bucket(1, 1)])]).toEqual([1, 3])
  })

  it('are described for each bar', () => {
    expect(bucketText(bucket(1))).toBe('1 attempt: 1 succeeded')
    expect(bucketText(bucket(10, 2, 1))).toBe('13 attempts: 10 succeeded, 1 rate limited, 2 failed')
    expect(bucketText(bucket(0))).toBe('0 attempts')
  })
})
