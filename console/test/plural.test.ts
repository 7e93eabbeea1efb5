import { describe, expect, it } from 'vitest'
import { asSentence, count, plural, shortCount } from '../src/lib/plural'

describe('numbers', () => {
  it('have a singular or plural noun', () => {
    expect(plural(0, 'rule')).toBe('0 rules')
    expect(plural(1, 'rule')).toBe('1 rule')
    expect(plural(12_345, 'delivery', 'deliveries')).toBe('12,345 deliveries')
  })

  it('are abbreviated from 10,000 in narrow places', () => {
    expect(count(1_234_567)).toBe('1,234,567')
    expect([9_999, 10_000, 25_000, 1_500_000].map(shortCount)).toEqual(['9,999', '10K', '25K', '1.5M'])
  })
})

describe('a reason of the API', () => {
  it('becomes a sentence', () => {
    expect(asSentence('answered 503 Service Unavailable')).toBe('Answered 503 Service Unavailable.')
    expect(asSentence('Slack does not know the webhook.')).toBe('Slack does not know the webhook.')
  })
})
