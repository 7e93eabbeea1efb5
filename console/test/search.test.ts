import { describe, expect, it } from 'vitest'
import { looksLikeId, pageOf } from '../src/lib/search'

describe('a search', () => {
  it('recognizes a whole id', () => {
    const ulid = '01JRX2Q0Z8K5V3M7N9P4T6W8YB'
    for (const id of [`evt_${ulid}`, `dlv_${ulid}${ulid}`, `ep_${ulid}`, '0190c2f5-7e21-7c0d-8d3f-3f2a1b0c0001']) {
      expect(looksLikeId(id), id).toBe(true)
    }
    for (const text of ['evt_', 'evt_01JRX', 'passport.flagged', `op_${ulid}`, 'https://example.com']) {
      expect(looksLikeId(text), text).toBe(false)
    }
  })

  it('knows the page of each kind', () => {
    expect(pageOf({ kind: 'delivery', id: 'dlv_1' })).toEqual(['/deliveries/dlv_1'])
    expect(pageOf({ kind: 'mail', id: 'msg_1' })).toEqual(['/events', { messageId: 'msg_1' }])
    expect(pageOf({ kind: 'destination', id: 'ndst_1' })).toEqual(['/destinations/ndst_1'])
  })
})
