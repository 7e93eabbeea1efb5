/** A unique key. Browsers offer `randomUUID` only over HTTPS and on localhost. */
export function randomKey(
  from: Pick<Crypto, 'getRandomValues'> & Partial<Pick<Crypto, 'randomUUID'>> = crypto,
): string {
  if (from.randomUUID) return from.randomUUID()
  return [...from.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
