// The sender of the request controls these headers: nothing in them may throw.

const DIGITS = /^[0-9]+$/
const V1 = /^v1=([0-9a-fA-F]{64})$/

/** Whether the timestamp consists of decimal digits and is within the tolerance. */
export function isTimely(timestamp: unknown, nowSeconds: number, toleranceSeconds: number): timestamp is string {
  return (
    typeof timestamp === 'string' &&
    DIGITS.test(timestamp) &&
    Math.abs(nowSeconds - Number(timestamp)) <= toleranceSeconds
  )
}

/** The digests of version 1: two of them during a rotation. Other versions are for other receivers. */
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
