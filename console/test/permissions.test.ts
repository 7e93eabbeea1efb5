import { describe, expect, it } from 'vitest'
import { actionTitle, changeLine } from '../src/lib/audit'
import { lastUsed } from '../src/lib/keys'
import { limits, refusal } from '../src/lib/permissions'
import { portalKey } from '../src/lib/portal-key'
import { themeTokens } from '../src/lib/portal-theme'

const key = (role: 'viewer' | 'editor' | 'admin', permissions: string[] = [], project_id: string | null = null) => ({
  role,
  permissions,
  project_id,
})

describe('what a key may change', () => {
  it('is what the APIs allow', () => {
    const allowed = (of: ReturnType<typeof key>) =>
      (['stack', 'mail', 'stack_auth', 'providers', 'config', 'any', 'account'] as const).filter(
        area => refusal(of, area) === null,
      )
    expect(allowed(key('viewer'))).toEqual([])
    expect(allowed(key('viewer', ['config:write']))).toEqual(['config', 'any'])
    expect(allowed(key('editor'))).toEqual(['stack', 'mail', 'stack_auth', 'any'])
    expect(allowed(key('editor', [], 'web'))).toEqual(['stack', 'mail', 'any'])
    expect(allowed(key('admin'))).toEqual(['stack', 'mail', 'stack_auth', 'providers', 'config', 'any', 'account'])
  })

  it('is said above all pages if it is less than everything', () => {
    expect(limits(key('editor'))).toBeNull()
    expect(limits(key('viewer'))).toContain('cannot change anything')
    expect(limits(key('viewer', ['config:write']))).toContain('project channels')
  })
})

describe('a portal link', () => {
  it('has its key after the #', () => {
    const text = `sk_live_pt_${'a'.repeat(40)}`
    expect(portalKey(`#portal=${text}`)).toBe(text)
    for (const other of ['', '#/', '#portal=', `#portal=sk_live_op_${'a'.repeat(40)}`, `#portal=${text}/x`]) {
      expect(portalKey(other)).toBeNull()
    }
  })

  it('replaces only the tokens of its theme', () => {
    expect(themeTokens({ background: '#ffffff' })).toEqual([['--bg', '#ffffff']])
    expect(Object.fromEntries(themeTokens({ primary: '#0b5c3f', on_primary: '#ffffff' }))).toMatchObject({
      '--accent': '#0b5c3f',
      '--on-accent': '#ffffff',
    })
  })
})

describe('the audit log', () => {
  it('names actions and changes', () => {
    expect(actionTitle('mail_webhook.secret_rotated')).toBe('Mail webhook: secret rotated')
    expect(changeLine({ field: 'secret' })).toBe('secret')
    expect(changeLine({ field: 'enabled', old: false, new: true })).toBe('enabled: false → true')
    expect(changeLine({ field: 'role', new: 'viewer' })).toBe('role: viewer')
  })
})

describe('the last use of a key', () => {
  it('is known to the hour', () => {
    const now = Date.parse('2026-04-15T10:30:00Z')
    expect(lastUsed(null, now)).toBe('Never')
    expect(lastUsed('2026-04-15T10:00:00Z', now)).toBe('In the last hour')
    expect(lastUsed('2026-04-15T09:00:00Z', now)).toBe('1 hour ago')
    expect(lastUsed('2026-04-01T09:00:00Z', now)).toBe('14 days ago')
  })
})
