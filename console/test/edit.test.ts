import { describe, expect, it } from 'vitest'
import type { DestinationKind, KindField } from '../src/api/types'
import {
  changedBody,
  changesAddress,
  editFields,
  HIDDEN,
  isHidden,
  startValues,
} from '../src/pages/destinations/edit/fields'
import { kinds } from './fixtures'

const names = (fields: readonly KindField[] | null) => fields?.map(({ name }) => name)
const of = (kind: string) => (kinds.find(one => one.kind === kind) as DestinationKind).fields

describe('the form that edits a destination', () => {
  it('is the form that adds it, for destinations of the same API', () => {
    expect(editFields({ made_by: 'stack', channel_type: 'webhook' }, kinds)).toBe(of('webhook'))
    expect(editFields({ made_by: 'providers', channel_type: 'webhook' }, kinds)).toBe(of('signed_webhook'))
    expect(editFields({ made_by: 'providers', channel_type: 'new_chat' as never }, kinds)).toBe(of('new_chat'))
  })

  it('has the names of the API that created the destination', () => {
    const channel = editFields({ made_by: 'config', channel_type: 'new_chat' as never }, kinds)
    expect(names(channel)).toEqual(['name', 'credentials.webhookUrl', 'severityThreshold'])
    const provider = editFields({ made_by: 'providers', channel_type: 'new_project_chat' as never }, kinds)
    expect(names(provider)).toEqual(['name', 'config.webhookUrl'])
    const webhook = editFields({ made_by: 'config', channel_type: 'webhook' }, kinds)
    expect(names(webhook)).toContain('credentials.hmacSecret')
    expect(editFields({ made_by: 'stack', channel_type: 'webhook' }, [])).toBeNull()
  })

  it('shows no secret and keeps it if the field stays empty', () => {
    const fields = of('signed_webhook')
    const stored = {
      name: 'Pager',
      'config.url': 'https://example.com/in',
      'config.secret': HIDDEN,
      'config.headers': { 'X-A': HIDDEN, 'X-B': HIDDEN },
    }
    const start = startValues(fields, stored)
    expect(isHidden('config.secret', stored)).toBe(true)
    expect(start['config.secret']).toBe('')
    expect(start['config.headers']).toBe(`X-A: ${HIDDEN}\nX-B: ${HIDDEN}`)
    expect(changedBody(fields, start, start)).toEqual({})
    const secret = { ...start, 'config.secret': ' new ' }
    expect(changedBody(fields, start, secret)).toEqual({ config: { secret: ' new ' } })
    expect(changesAddress(fields, start, secret)).toBe(false)
  })

  it('sends a removed header as null', () => {
    const fields = of('signed_webhook')
    const start = startValues(fields, { 'config.headers': { 'X-A': HIDDEN, 'X-B': HIDDEN } })
    const after = { ...start, 'config.headers': `X-B: ${HIDDEN}\nX-C: c` }
    expect(changedBody(fields, start, after)).toEqual({
      config: { headers: { 'X-A': null, 'X-B': HIDDEN, 'X-C': 'c' } },
    })
    expect(changesAddress(fields, start, after)).toBe(false)
  })

  it('removes an optional name with null, and knows a new address', () => {
    const fields = [...of('webhook'), { ...of('new_chat')[0], name: 'name', required: false } as KindField]
    const start = startValues(fields, { destination: 'https://example.com/a', name: 'Shop' })
    expect(changedBody(fields, start, { ...start, name: ' ' })).toEqual({ name: null })
    const moved = { ...start, destination: ' https://example.com/b ' }
    expect(changedBody(fields, start, moved)).toEqual({ destination: 'https://example.com/b' })
    expect(changesAddress(fields, start, moved)).toBe(true)
  })
})
