/** A key that nobody else has. Browsers have `randomUUID` only where the page came by HTTPS or from this machine. */
export function randomKey(
  from: Pick<Crypto, 'getRandomValues'> & Partial<Pick<Crypto, 'randomUUID'>> = crypto,
): string {
  if (from.randomUUID) return from.randomUUID()
  return [...from.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
