import { describe, expect, it } from 'vitest'
import { readError } from '../src/api/error'
import { apiRoot } from '../src/api/root'

describe('the API root', () => {
  it.each([
    ['/console/', ''],
    ['/console', ''],
    ['/console/index.html', ''],
    ['/prod/console/', '/prod'],
    ['/_aws/execute-api/abc/console/', '/_aws/execute-api/abc'],
    ['/', ''],
    ['/consoles/', ''],
  ])('of %s is "%s"', (path, root) => {
    expect(apiRoot(path)).toBe(root)
  })
})

describe('an error', () => {
  it('is read from the envelope of each API', () => {
    const fields = [{ field: 'config.webhookUrl', message: 'is missing' }]
    expect(readError(400, { error: 'The URL is missing.', code: 'invalid' })).toMatchObject({
      message: 'The URL is missing.',
      code: 'invalid',
      status: 400,
    })
    expect(readError(422, { error: 'Wrong.', fields })).toMatchObject({ message: 'Wrong.', fields })
    expect(
      readError(400, { success: false, error: { code: 'VALIDATION_ERROR', message: 'Wrong.', details: fields } }),
    ).toMatchObject({ message: 'Wrong.', code: 'VALIDATION_ERROR', fields })
  })

  it('contains the seconds to wait', () => {
    expect(readError(429, { error: 'Wait.', code: 'slow' }, '17').retryAfter).toBe(17)
    expect(readError(429, { error: 'Wait.', code: 'slow' }, 'Thu, 01 Jan 2026 00:00:00 GMT').retryAfter).toBeNull()
  })

  it('has a default message if the server sent none', () => {
    expect(readError(404, { message: 'Not Found' }).message).toContain('does not have this route')
    expect(readError(502, '<html>').message).toContain('502')
    expect(readError(418, { message: 'teapot' }).message).toContain('teapot')
  })
})
