import { describe, expect, it } from 'vitest'
import type { Attempt } from '../src/api/types'
import { marks } from '../src/lib/attempt-scale'

const attempt = (number: number, second: number): Attempt => ({
  number,
  at: new Date(second * 1000).toISOString(),
  duration_ms: 500,
  status: 500,
  error: 'answered 500',
  response: null,
})

describe('marks', () => {
  it('places attempts by their times, with the waits between them', () => {
    const placed = marks([attempt(1, 0), attempt(2, 25), attempt(3, 100)])
    expect(placed.map(({ place }) => place)).toEqual([0, 25, 100])
    expect(placed.map(({ wait }) => wait)).toEqual([null, '25 s', '1 min 14 s'])
  })

  it('keeps marks apart and on the line', () => {
    const close = marks([0, 1, 2, 998, 999, 1000].map((second, index) => attempt(index + 1, second)))
    const places = close.map(({ place }) => place)
    for (const [index, place] of places.entries()) {
      expect(place).toBeGreaterThanOrEqual(0)
      expect(place).toBeLessThanOrEqual(100)
      if (index > 0) expect(place - (places[index - 1] ?? 0)).toBeGreaterThanOrEqual(2.99)
    }
    const fifty = marks(Array.from({ length: 50 }, (_, index) => attempt(index + 1, index === 49 ? 1000 : index)))
    expect(fifty.every(({ place }) => place >= 0 && place <= 100)).toBe(true)
  })

  it('needs no span', () => {
    expect(marks([attempt(1, 7)]).map(({ place }) => place)).toEqual([0])
    expect(marks([])).toEqual([])
  })
})
