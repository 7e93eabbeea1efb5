// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest'
import { guard, question } from '../src/router/guard'
import { navigate } from '../src/router/hash'
import { currentEntry, loadedPages, rememberPages } from '../src/router/places'

beforeEach(() => navigate('/', {}, { replace: true }))

describe('an entry of the history', () => {
  it('remembers how many pages of a list were loaded, for these filters', () => {
    navigate('/deliveries', { state: 'held' })
    rememberPages('/v1/deliveries', 3)
    expect(loadedPages('/v1/deliveries')).toBe(3)
    navigate('/deliveries', { state: 'failed' }, { replace: true })
    expect(loadedPages('/v1/deliveries')).toBe(1)
  })

  it('is numbered, and a replaced one keeps its number', () => {
    const before = currentEntry()
    navigate('/events')
    expect(currentEntry()).toBe(before + 1)
    navigate('/rules', {}, { replace: true })
    expect([currentEntry(), history.state.index]).toEqual([before + 1, before + 1])
  })
})

describe('the guard', () => {
  it('continues at once without unsaved input', () => {
    let left = false
    guard.ask(() => {
      left = true
    })
    expect([left, question.get()]).toEqual([true, null])
  })
})
