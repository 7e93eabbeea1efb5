/** What one request of a long piece of work has done, and whether there may be more. */
type Round = { recovered: number; more: boolean }

/**
 * Goes on until there is no more, until a round does nothing, or for `most` rounds. Tells the sum after each, so that
 * it is known even when a later one throws, as when the destination has become unhealthy.
 */
export async function inRounds(
  round: () => Promise<Round>,
  most: number,
  onProgress: (sum: number) => void,
): Promise<Round> {
  let sum = 0
  for (let count = 0; count < most; count += 1) {
    const { recovered, more } = await round()
    sum += recovered
    onProgress(sum)
    if (!more) return { recovered: sum, more }
    if (recovered === 0) break
  }
  return { recovered: sum, more: true }
}
