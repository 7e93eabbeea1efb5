/** The result of one request of a long recovery. */
type Round = { recovered: number; more: boolean }

/**
 * Repeats `round` until nothing is left, a round recovers nothing, or `maxRounds` are done. Reports the sum after each
 * round, because a later round may throw, for example when the destination becomes unhealthy.
 */
export async function inRounds(
  round: () => Promise<Round>,
  maxRounds: number,
  onProgress: (sum: number) => void,
): Promise<Round> {
  let sum = 0
  for (let count = 0; count < maxRounds; count += 1) {
    const { recovered, more } = await round()
    sum += recovered
    onProgress(sum)
    if (!more) return { recovered: sum, more }
    if (recovered === 0) break
  }
  return { recovered: sum, more: true }
}
