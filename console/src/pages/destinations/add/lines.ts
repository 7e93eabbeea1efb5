/** The lines of a text that say something. */
export const lines = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map(line => line.trim())
    .filter(Boolean)

/** `Name: value`, one a line; a line without a colon is a header without a value, which the server will name. */
export function headers(text: string): Record<string, string> {
  const given = text.split('\n').filter(line => line.trim() !== '')
  return Object.fromEntries(
    given.map(line => {
      const colon = line.indexOf(':')
      return colon < 0 ? [line.trim(), ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    }),
  )
}
