// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { fieldsOf } from '../src/lib/schema-fields'
import { takes } from '../src/pages/catalogue/use-takers'

describe('the fields of a schema', () => {
  it('include those of lists and objects, with their paths', () => {
    const flag = { type: ['object', 'null'], properties: { message: { type: ['string', 'null'], description: 'M' } } }
    const schema = {
      type: 'object',
      required: ['id'],
      properties: {
        id: { type: 'string', description: 'The id' },
        flags: { type: ['array', 'null'], items: flag },
        at: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      },
    }
    expect(fieldsOf(schema)).toEqual([
      { name: 'id', type: 'string', required: true, description: 'The id' },
      { name: 'flags', type: 'list of object', required: false, description: '' },
      { name: 'flags[].message', type: 'string', required: false, description: 'M' },
      { name: 'at', type: 'time', required: false, description: '' },
    ])
  })
})

describe('a rule', () => {
  it('takes the types that it names, and both blocked types if it names one', () => {
    expect(takes(['user.created'], 'user.created')).toBe(true)
    expect(takes(['user.created'], 'user.updated')).toBe(false)
    expect(takes(['agent.blocked'], 'passport.blocked')).toBe(true)
  })
})
