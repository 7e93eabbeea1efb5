import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '../src/api/error'
import type { Resent } from '../src/api/types'
import { addUp, inSteps, noTally, resendFilter, sendable, sorted } from '../src/lib/resend'

const answer = (
  id: string,
  count: number,
  next: string | null,
  skipped: 'destination_unhealthy' | null = null,
): Resent => ({
  matched: count,
  queued: skipped ? 0 : count,
  skipped: skipped ? [{ reason: skipped, count }] : [],
  by_destination: [{ destination_id: id, count, skipped, event_types: [{ event_type: 'custom.a', count }] }],
  next_cursor: next,
})

const loop = (answers: (Resent | Error)[]) => {
  const left = [...answers]
  const send = vi.fn(async (_: string | null) => {
    const next = left.shift()
    if (next instanceof Error) throw next
    return next as Resent
  })
  const onProgress = vi.fn()
  return {
    send,
    onProgress,
    isStopped: () => false,
    isTemporary: (error: unknown) => error instanceof ApiError && error.status === 503,
    wait: async () => {},
  }
}

describe('a resend', () => {
  it('adds up the answers by destination and event type', () => {
    const tally = [answer('a', 2, 'x'), answer('b', 5, 'y', 'destination_unhealthy'), answer('a', 1, null)].reduce(
      addUp,
      noTally,
    )
    expect([tally.matched, tally.queued, sendable(tally)]).toEqual([8, 3, 3])
    expect(sorted(tally).map(of => [of.id, of.count, of.eventTypes.get('custom.a')])).toEqual([
      ['a', 3, 3],
      ['b', 5, 5],
    ])
  })

  it('follows the cursor until there is none', async () => {
    const steps = loop([answer('a', 2, 'x'), answer('a', 1, null)])
    expect(await inSteps(steps)).toBe(true)
    expect(steps.send.mock.calls).toEqual([[null], ['x']])
    expect(steps.onProgress.mock.lastCall?.[0].queued).toBe(3)
  })

  it('sends a request again if the error may be temporary', async () => {
    const steps = loop([answer('a', 2, 'x'), new ApiError(503, null, 'busy'), answer('a', 1, null)])
    expect(await inSteps(steps)).toBe(true)
    expect(steps.send.mock.calls).toEqual([[null], ['x'], ['x']])
    await expect(inSteps(loop([new ApiError(400, null, 'wrong')]))).rejects.toThrow('wrong')
    await expect(inSteps(loop(Array(4).fill(new ApiError(503, null, 'busy'))))).rejects.toThrow('busy')
  })

  it('stops before the next request', async () => {
    const steps = loop([answer('a', 2, 'x'), answer('a', 1, null)])
    const isStopped = () => steps.onProgress.mock.calls.length > 0
    expect(await inSteps({ ...steps, isStopped })).toBe(false)
    expect(steps.send).toHaveBeenCalledTimes(1)
  })

  it('takes the filters of the list', () => {
    expect(resendFilter({ state: 'held', destination_id: 'ndst_1', other: 'x' }, 0)).toEqual({
      states: ['held'],
      destination_ids: ['ndst_1'],
    })
    expect(resendFilter({ hours: '1', event_type: 'custom.a' }, 7_200_000)).toEqual({
      event_type: 'custom.a',
      since: '1970-01-01T01:00:00.000Z',
    })
  })
})
