import { describe, expect, it } from 'vitest'
import { randomKey } from '../src/lib/random-key'

describe('a random key', () => {
  it('is one of its own each time, of visible characters', () => {
    expect(randomKey()).toMatch(/^[0-9a-f-]{36}$/)
    expect(randomKey()).not.toBe(randomKey())
  })

  it('is made where the browser has no randomUUID', () => {
    const insecure = { getRandomValues: crypto.getRandomValues.bind(crypto) }
    expect(randomKey(insecure)).toMatch(/^[0-9a-f]{32}$/)
    expect(randomKey(insecure)).not.toBe(randomKey(insecure))
  })
})
