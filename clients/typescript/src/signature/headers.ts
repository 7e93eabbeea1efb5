// What is read here was written by whoever sent the request: nothing in it may throw.

const DIGITS = /^[0-9]+$/
const V1 = /^v1=([0-9a-fA-F]{64})$/

/** Whether the timestamp is plain decimal digits and no further from now than the tolerance. */
export function isTimely(timestamp: unknown, nowSeconds: number, toleranceSeconds: number): timestamp is string {
  return (
    typeof timestamp === 'string' &&
    DIGITS.test(timestamp) &&
    Math.abs(nowSeconds - Number(timestamp)) <= toleranceSeconds
  )
}

/** The digests of version 1. During a rotation there are two; elements of other versions are for other receivers. */
export function readSignatures(header: unknown): Uint8Array[] {
  if (typeof header !== 'string') return []
  return header.split(',').flatMap(element => {
    const hex = V1.exec(element.trim())?.[1]
    return hex === undefined ? [] : [bytesOfHex(hex)]
  })
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}
