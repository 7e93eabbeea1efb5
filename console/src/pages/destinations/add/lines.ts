/** The items of a text with one item per line or separated by commas. Empty items are left out. */
export const lines = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map(line => line.trim())
    .filter(Boolean)

/**
 * Parses one `Name: value` per line. A line without a colon becomes a header without a value, which the API rejects by
 * name.
 */
export function headers(text: string): Record<string, string> {
  const given = text.split('\n').filter(line => line.trim() !== '')
  return Object.fromEntries(
    given.map(line => {
      const colon = line.indexOf(':')
      return colon < 0 ? [line.trim(), ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    }),
  )
}
