/** Whether a text contains all words of a search, in any order and case. */
export function matches(search: string, text: string): boolean {
  const low = text.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every(word => low.includes(word))
}
