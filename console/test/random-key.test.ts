import { describe, expect, it } from 'vitest'
import { randomKey } from '../src/lib/random-key'

describe('a random key', () => {
  it('is unique and printable', () => {
    expect(randomKey()).toMatch(/^[0-9a-f-]{36}$/)
    expect(randomKey()).not.toBe(randomKey())
  })

  it('does not need randomUUID', () => {
    const insecure = { getRandomValues: crypto.getRandomValues.bind(crypto) }
    expect(randomKey(insecure)).toMatch(/^[0-9a-f]{32}$/)
    expect(randomKey(insecure)).not.toBe(randomKey(insecure))
  })
})
