import { describe, expect, it, vi } from 'vitest'
import { inRounds } from '../src/lib/rounds'

const of = (recovered: number, more: boolean) => ({ recovered, more })

describe('recovery in rounds', () => {
  it('continues until nothing is left', async () => {
    const round = vi.fn().mockResolvedValueOnce(of(1000, true)).mockResolvedValueOnce(of(7, false))
    const onProgress = vi.fn()
    expect(await inRounds(round, 20, onProgress)).toEqual(of(1007, false))
    expect(onProgress.mock.calls).toEqual([[1000], [1007]])
  })

  it('reports more after the last allowed round', async () => {
    const round = vi.fn().mockResolvedValue(of(1000, true))
    expect(await inRounds(round, 3, () => {})).toEqual(of(3000, true))
    expect(round).toHaveBeenCalledTimes(3)
  })

  it('ends after a round that recovers nothing', async () => {
    const round = vi.fn().mockResolvedValueOnce(of(5, true)).mockResolvedValue(of(0, true))
    expect(await inRounds(round, 20, () => {})).toEqual(of(5, true))
    expect(round).toHaveBeenCalledTimes(2)
  })

  it('reports progress before it fails', async () => {
    const round = vi.fn().mockResolvedValueOnce(of(1000, true)).mockRejectedValue(new Error('not healthy'))
    const onProgress = vi.fn()
    await expect(inRounds(round, 20, onProgress)).rejects.toThrow('not healthy')
    expect(onProgress).toHaveBeenLastCalledWith(1000)
  })
})
