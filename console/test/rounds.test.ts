import { describe, expect, it, vi } from 'vitest'
import { inRounds } from '../src/lib/rounds'

const of = (recovered: number, more: boolean) => ({ recovered, more })

describe('work in rounds', () => {
  it('goes on until there is no more', async () => {
    const round = vi.fn().mockResolvedValueOnce(of(1000, true)).mockResolvedValueOnce(of(7, false))
    const tell = vi.fn()
    expect(await inRounds(round, 20, tell)).toEqual(of(1007, false))
    expect(tell.mock.calls).toEqual([[1000], [1007]])
  })

  it('does not say that it is done when it is not', async () => {
    const round = vi.fn().mockResolvedValue(of(1000, true))
    expect(await inRounds(round, 3, () => {})).toEqual(of(3000, true))
    expect(round).toHaveBeenCalledTimes(3)
  })

  it('ends with a round that does nothing', async () => {
    const round = vi.fn().mockResolvedValueOnce(of(5, true)).mockResolvedValue(of(0, true))
    expect(await inRounds(round, 20, () => {})).toEqual(of(5, true))
    expect(round).toHaveBeenCalledTimes(2)
  })

  it('has told what was done before it failed', async () => {
    const round = vi.fn().mockResolvedValueOnce(of(1000, true)).mockRejectedValue(new Error('not healthy'))
    const tell = vi.fn()
    await expect(inRounds(round, 20, tell)).rejects.toThrow('not healthy')
    expect(tell).toHaveBeenLastCalledWith(1000)
  })
})
