import { describe, expect, it } from 'vitest'
import type { EventType, Rule } from '../src/api/types'
import { ruleLabel } from '../src/lib/rule-label'
import {
  asNewRule,
  belowMinSeverity,
  changeOf,
  draftOf,
  emptyDraft,
  previewBlocker,
} from '../src/pages/rules/form/draft'
import { ruleStatuses } from '../src/pages/rules/names'

const rule: Rule = {
  id: 'nch_1',
  operator_id: 'op_1',
  destination_ids: ['b5c0', 'ndst_gone'],
  events: ['passport.flagged', 'custom.order.paid'],
  min_severity: 'critical',
  verified: true,
  active: true,
  enabled: true,
  on_unhealthy: 'skip',
  paused_by: [],
  created_at: '2026-04-15T10:00:00.000Z',
}
const draft = draftOf(rule)

describe('a rule', () => {
  it('has a title from its event types', () => {
    expect(ruleLabel({ events: ['a'] })).toBe('a')
    expect(ruleLabel({ events: ['a', 'b'] }, ['Shop', '#ops', 'CRM'])).toBe('a and 1 more → Shop and 2 more')
    expect(ruleLabel({ events: ['a'] }, [])).toBe('a → no destination')
    expect(ruleLabel({ events: ['a', 'b', 'c'] })).toBe('a and 2 more')
  })

  it('has the status of its destinations', () => {
    expect(ruleStatuses(rule)).toEqual(['active'])
    expect(ruleStatuses({ ...rule, paused_by: ['b5c0'] })).toEqual(['paused'])
    expect(ruleStatuses({ ...rule, verified: false, paused_by: ['nch_1'] })).toEqual(['unverified'])
    expect(ruleStatuses({ ...rule, paused_by: ['nch_1'] })).toEqual(['paused'])
  })

  it('can be both disabled and paused', () => {
    expect(ruleStatuses({ ...rule, enabled: false })).toEqual(['disabled'])
    expect(ruleStatuses({ ...rule, enabled: false, paused_by: ['b5c0'] })).toEqual(['disabled', 'paused'])
    expect(ruleStatuses({ ...rule, enabled: false, verified: false })).toEqual(['disabled', 'unverified'])
  })
})

describe('the form of a rule', () => {
  it('keeps the ids of the rule, including deleted destinations', () => {
    expect(draft.destinations).toEqual(['b5c0', 'ndst_gone'])
    expect(draft.minSeverity).toBe('critical')
  })

  it('sends only changed fields', () => {
    expect(changeOf(draft, draft)).toEqual({})
    expect(changeOf(draft, { ...draft, minSeverity: 'info' })).toEqual({ min_severity: 'info' })
    expect(changeOf(draft, { ...draft, destinations: ['b5c0'], onUnhealthy: 'pause' })).toEqual({
      destination_ids: ['b5c0'],
      on_unhealthy: 'pause',
    })
  })

  it('sends all fields of a new rule', () => {
    expect(asNewRule({ ...emptyDraft('ndst_2'), events: ['user.created'] })).toEqual({
      destination_ids: ['ndst_2'],
      events: ['user.created'],
      min_severity: 'warning',
      on_unhealthy: 'pause',
    })
    expect(emptyDraft(undefined).destinations).toEqual([])
  })

  it('explains why a preview is not possible', () => {
    expect(previewBlocker(draft, false)).toBeNull()
    expect(previewBlocker({ ...draft, events: [] }, true)).toContain('Choose event types')
    expect(previewBlocker({ ...draft, destinations: [] }, false)).toMatch(/^Choose destinations/)
    expect(previewBlocker({ ...draft, destinations: [] }, true)).toContain('the rule’s own address')
  })

  it('finds types below the minimum severity', () => {
    const types = [
      { type: 'user.created', severity: 'info' },
      { type: 'passport.flagged', severity: 'medium' },
      { type: 'team.created', severity: 'info' },
    ] as EventType[]
    const chosen = { ...draft, events: ['user.created', 'passport.flagged'] }
    expect(belowMinSeverity({ ...chosen, minSeverity: 'warning' }, types).map(({ type }) => type)).toEqual([
      'user.created',
    ])
    expect(belowMinSeverity({ ...chosen, minSeverity: 'critical' }, types)).toHaveLength(2)
    expect(belowMinSeverity({ ...chosen, minSeverity: 'info' }, types)).toEqual([])
  })
})
