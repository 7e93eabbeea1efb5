/** Whether any of the signatures equals the digest. Compares in constant time, so that the duration reveals nothing. */
export function isAmong(digest: Uint8Array, signatures: readonly Uint8Array[]): boolean {
  return signatures.some(signature => areEqual(digest, signature))
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  a.forEach((byte, i) => {
    difference |= byte ^ (b[i] ?? 0)
  })
  return difference === 0
}
