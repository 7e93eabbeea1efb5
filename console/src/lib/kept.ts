/** One text that the browser keeps. */
export type Kept = { get(): string | null; set(text: string | null): void }

/**
 * Keeps a text under a key of a browser's storage. Where site data are blocked, already the name of the storage throws:
 * then the text lives as long as the page.
 */
export function kept(storage: () => Storage, key: string): Kept {
  let here: string | null = null
  return {
    get() {
      try {
        return storage().getItem(key) ?? here
      } catch {
        return here
      }
    },
    set(text) {
      here = text
      try {
        if (text === null) storage().removeItem(key)
        else storage().setItem(key, text)
      } catch {
        // It is kept here.
      }
    },
  }
}
