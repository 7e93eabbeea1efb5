/** One text that the browser keeps. */
export type StoredText = { get(): string | null; set(text: string | null): void }

/**
 * Keeps a text under a key of a browser's storage. Where site data are blocked, already the name of the storage throws:
 * then the text lives as long as the page.
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
        // It is kept here.
      }
    },
  }
}
