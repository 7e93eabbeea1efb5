import { describe, expect, it } from 'vitest'
import { storedText } from '../src/lib/stored-text'

const storage = () => {
  const texts = new Map<string, string>()
  return {
    texts,
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
    removeItem: (key: string) => void texts.delete(key),
  } as unknown as Storage & { texts: Map<string, string> }
}

describe("a text in the browser's storage", () => {
  it('is stored until it is removed', () => {
    const of = storage()
    storedText(() => of, 'key').set('a')
    expect([...of.texts]).toEqual([['key', 'a']])
    const later = storedText(() => of, 'key')
    expect(later.get()).toBe('a')
    later.set(null)
    expect(later.get()).toBeNull()
    expect(of.texts.size).toBe(0)
  })

  it('lasts as long as the page if site data is blocked', () => {
    const blocked = storedText(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    }, 'key')
    expect(blocked.get()).toBeNull()
    blocked.set('a')
    expect(blocked.get()).toBe('a')
    blocked.set(null)
    expect(blocked.get()).toBeNull()
  })

  it('lasts as long as the page if the storage is full', () => {
    const of = storage()
    of.setItem = () => {
      throw new DOMException('Full.', 'QuotaExceededError')
    }
    const text = storedText(() => of, 'key')
    text.set('a')
    expect(text.get()).toBe('a')
  })
})
