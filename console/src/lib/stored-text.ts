/** A text in the browser's storage. */
export type StoredText = { get(): string | null; set(text: string | null): void }

/**
 * Stores a text in the browser under a key. If site data is blocked, even access to the storage throws. The text then
 * lasts as long as the page.
 */
export function storedText(storage: () => Storage, key: string): StoredText {
  let fallback: string | null = null
  return {
    get() {
      try {
        return storage().getItem(key) ?? fallback
      } catch {
        return fallback
      }
    },
    set(text) {
      fallback = text
      try {
        if (text === null) storage().removeItem(key)
        else storage().setItem(key, text)
      } catch {
        // `fallback` has the text.
      }
    },
  }
}
