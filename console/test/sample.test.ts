import { describe, expect, it } from 'vitest'
import { sample } from '../src/lib/sample'

const now = new Date('2026-04-15T10:00:00.000Z')

describe('a sample of a schema', () => {
  it('has every field with a value of its type', () => {
    expect(
      sample(
        {
          title: 'User',
          type: 'object',
          properties: {
            id: { type: 'string' },
            primary_email: { type: ['string', 'null'] },
            primary_email_verified: { type: ['boolean', 'null'] },
            profile_image_url: { type: 'string' },
            server_metadata: { type: ['object', 'null'] },
            logins: { type: 'integer', minimum: 0 },
          },
        },
        now,
      ),
    ).toEqual({
      id: 'user_123',
      primary_email: 'person@example.com',
      primary_email_verified: true,
      profile_image_url: 'https://example.com/',
      server_metadata: {},
      logins: 1,
    })
  })

  it('uses constants, defaults, examples, enum values, and the "e.g." of a description', () => {
    expect(
      sample(
        {
          type: 'object',
          properties: {
            a: { const: 7 },
            b: { type: 'string', default: 'x' },
            c: { type: 'string', examples: ['y'] },
            d: { type: 'string', enum: ['slack', 'teams'] },
            e: { type: 'string', description: 'The type, e.g. `undeclared_service`.' },
          },
        },
        now,
      ),
    ).toEqual({ a: 7, b: 'x', c: 'y', d: 'slack', e: 'undeclared_service' })
  })

  it('fills lists with one item, and times with the current time', () => {
    expect(
      sample(
        {
          type: 'object',
          properties: {
            flags: { type: ['array', 'null'], items: { type: 'object', properties: { severity: { type: 'string' } } } },
            expiresAt: { type: 'string' },
            created_at: { type: 'string' },
          },
        },
        now,
      ),
    ).toEqual({ flags: [{ severity: 'warning' }], expiresAt: now.toISOString(), created_at: now.toISOString() })
  })

  it('follows references and choices, and ends in recursive schemas', () => {
    const schema = {
      $ref: '#/$defs/Node',
      $defs: {
        Node: {
          type: 'object',
          properties: { name: { type: 'string' }, child: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Node' }] } },
        },
      },
    }
    expect(sample(schema, now)).toMatchObject({ name: 'Example', child: { name: 'Example' } })
  })
})
