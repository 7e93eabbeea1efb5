import { describe, expect, it } from 'vitest'
import { readEvent, readTimeline } from '../src/api/exact'
import { member, parts, pretty } from '../src/lib/json-text'
import { mailFacts } from '../src/lib/mail'
import { AS_SENT, dense } from './fixtures'

describe('JSON on indented lines', () => {
  it.each(AS_SENT)('keeps the tokens of %s', json => {
    const shown = pretty(json)
    expect(dense(shown ?? '')).toBe(dense(json))
    expect(pretty(shown ?? '')).toBe(shown)
  })

  it('has the layout of JSON.stringify', () => {
    for (const value of [{}, [], [[], {}], { a: {}, b: [] }, { a: [1, { b: 'x, {y}: [z]' }], c: null }, 'a', 1, true]) {
      expect(pretty(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2))
    }
    expect(pretty(' { "a" :\r\n\t1 , "b":[ ]\n} ')).toBe('{\n  "a": 1,\n  "b": []\n}')
  })

  it('is null if the text is not JSON', () => {
    for (const text of ['', 'ok', '<html>', '{"a":1', '{"a":1,}', "{'a':1}", '{"a":1}//', '{} {}', '[01]', '[NaN]']) {
      expect(pretty(text)).toBeNull()
    }
  })

  it('is fast for a large value', () => {
    const item = '{"id":12345678901234567890,"price":1.10,"text":"a \\"b\\" \\u0041","on":true,"of":[1,2,{}]}'
    const json = `[${Array.from({ length: 2500 }, () => item).join(',')}]`
    const start = performance.now()
    expect(dense(pretty(json) ?? '')).toBe(json)
    const data = readEvent(`{"id":"evt_1","data":{"list":${json}}}`).data
    expect(data).toBe(`{"list":${json}}`)
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('stays small for a deeply nested value', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    expect(dense(pretty(deep) ?? '')).toBe(deep)
    expect(pretty(deep)?.length).toBeLessThan(100 * deep.length)
    expect(member(`{"data":${deep}}`, 'data')).toBe(deep)
  })
})

describe('the parts of a value', () => {
  it('are the original texts', () => {
    expect(parts('{ "a" : 1.10 , "\\u0062": {"a": [1, 2] }, "a":[ ] }')).toEqual([
      { name: 'a', json: '1.10' },
      { name: 'b', json: '{"a": [1, 2] }' },
      { name: 'a', json: '[ ]' },
    ])
    expect(parts('[-0, "a,b", [1, 2], {"c": 3}]').map(({ json }) => json)).toEqual([
      '-0',
      '"a,b"',
      '[1, 2]',
      '{"c": 3}',
    ])
  })

  it('are empty for values without parts', () => {
    for (const json of ['{}', '[]', '{ }', '1', '"a:b,c"', 'null', '']) expect(parts(json)).toEqual([])
    expect(member('{"a":{"data":1}}', 'data')).toBeUndefined()
  })
})

describe('an answer', () => {
  it.each(AS_SENT)('keeps %s as the data of an event', json => {
    const text = `{"id":"evt_1","type":"custom.data","resource":{"type":"data","id":"r"},"data":${json},"project_id":null}`
    expect(readEvent(text)).toEqual({
      id: 'evt_1',
      type: 'custom.data',
      resource: { type: 'data', id: 'r' },
      data: json,
      project_id: null,
    })
  })

  it('keeps the metadata of a mail', () => {
    const sent = '{"size":12345678901234567890,"cost":1.10,"reason":"a \\"b\\"","of":[1.0, 2],"none":null,"empty":""}'
    const text = `{"messageId":"msg_1","items":[{"type":"a.sent","label":"Sent","createdAt":"t","metadata":${sent}},{"type":"b","label":"B","createdAt":"t"}]}`
    const [first, second] = readTimeline(text)
    expect(first).toEqual({ type: 'a.sent', label: 'Sent', createdAt: 't', metadata: sent })
    expect(mailFacts(first?.metadata)).toEqual([
      ['size', '12345678901234567890'],
      ['cost', '1.10'],
      ['reason', 'a "b"'],
      ['of', '[1.0, 2]'],
    ])
    expect(mailFacts(second?.metadata)).toEqual([])
    expect(readTimeline('{"messageId":"msg_1","items":[]}')).toEqual([])
  })
})
