import { describe, expect, it } from 'vitest'
import { duration, fromLocalInput, relative, toLocalInput } from '../src/lib/time'

const now = Date.parse('2026-04-15T10:00:00.000Z')
const ago = (ms: number) => new Date(now - ms).toISOString()

describe('a relative time', () => {
  it.each([
    [0, 'just now'],
    [9_000, 'just now'],
    [-1_000, 'just now'],
    [-5_000, 'in a moment'],
    [59_000, '59 seconds ago'],
    [60_000, '1 minute ago'],
    [-5 * 60_000 - 1, 'in 5 minutes'],
    [3_600_000 * 2.9, '2 hours ago'],
    [86_400_000, 'yesterday'],
    [86_400_000 * 29, '29 days ago'],
  ])('%d ms before now is "%s"', (ms, text) => {
    expect(relative(ago(ms), now)).toBe(text)
  })

  it('is a date after a month', () => {
    expect(relative('2026-01-02T12:00:00.000Z', now)).toBe('2 Jan')
  })
})

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_240, '1.2 s'],
    [9_960, '10 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [250_000, '4 min 10 s'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
    [52 * 3_600_000, '2 d 4 h'],
  ])('of %d ms is "%s"', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})

describe('a local input', () => {
  it('is parsed to the same minute', () => {
    expect(fromLocalInput(toLocalInput(new Date('2026-04-15T10:30:45.000Z')))).toBe('2026-04-15T10:30:00.000Z')
  })

  it('is null if it is empty or incomplete', () => {
    expect(fromLocalInput('')).toBeNull()
    expect(fromLocalInput('2026-04-')).toBeNull()
  })
})
