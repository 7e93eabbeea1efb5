// @vitest-environment happy-dom
// @vitest-environment-options { "url": "http://localhost/console/" }
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toEvent } from '../src/lib/event-draft'
import { AS_SENT, dense } from './fixtures'

const fetched = vi.fn<(request: Request) => Promise<Response>>()
vi.stubGlobal('fetch', fetched)
// After the stub: the client reads `fetch` when it is created.
const { api, asWritten, call } = await import('../src/api/client')
const { Json } = await import('../src/ui/json')
const { DeliveryPage } = await import('../src/pages/deliveries/detail')
const { EventPage } = await import('../src/pages/events/detail')

const root = document.createElement('div')
const copied = vi.fn(async (_text: string) => {})
vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(copied)

const shown = () => root.querySelector('.json code')?.textContent
const copy = () => act(() => root.querySelector<HTMLButtonElement>('.json-copy button')?.click())

beforeEach(() => {
  vi.clearAllMocks()
  document.body.append(root)
})
afterEach(() => act(() => render(null, root)))

describe('JSON in the page', () => {
  it.each(AS_SENT)('shows and copies %s as it was sent', async json => {
    act(() => render(<Json text={json} />, root))
    expect(dense(shown() ?? '')).toBe(dense(json))
    await copy()
    expect(copied).toHaveBeenCalledExactlyOnceWith(json)
  })

  it.each(['no JSON, 1.10', '{"cut": [1.10, "of', ' <p>1</p>\n'])('shows and copies %j as it is', async text => {
    act(() => render(<Json text={text} />, root))
    expect(shown()).toBe(text)
    await copy()
    expect(copied).toHaveBeenCalledExactlyOnceWith(text)
  })

  it('is highlighted by type', () => {
    act(() => render(<Json text={'{"a": ["b: c", -1.50, true, null]}'} />, root))
    const highlighted = [...root.querySelectorAll('.json span')].map(span => [span.className, span.textContent])
    expect(highlighted.filter(([kind]) => kind?.startsWith('json-'))).toEqual([
      ['json-string', '"b: c"'],
      ['json-number', '-1.50'],
      ['json-word', 'true'],
      ['json-word', 'null'],
    ])
  })
})

describe('a delivery', () => {
  it('shows the request and the response unchanged', async () => {
    const body = '{"data":{"id":12345678901234567890,"id":1.10}}'
    const response = '{"accepted":1e400}'
    const at = '2026-04-15T10:00:00.000Z'
    const note = "the answer's headers were malformed"
    const attempt = { number: 1, at, duration_ms: 1, status: 200, response, note }
    fetched.mockImplementation(async ({ url }) => {
      if (!url.endsWith('/dlv_1')) return new Response('{"destinations":[]}')
      const request = { method: 'POST', url: 'https://example.com', headers: [], signature_fits: null, body }
      const common = {
        id: 'dlv_1',
        event_id: 'evt_1',
        event_type: 'custom.a',
        destination_id: 'ndst_1',
        created_at: at,
      }
      return Response.json({ ...common, state: 'succeeded', attempt_count: 1, attempts: [attempt], request })
    })
    act(() => render(<DeliveryPage id="dlv_1" />, root))
    await vi.waitFor(() => expect(shown()).toBeDefined())
    const texts = [...root.querySelectorAll('.json code')].map(code => dense(code.textContent))
    expect(texts).toEqual([response, body])
    expect(root.textContent).toContain("The answer's headers were malformed.")
  })
})

describe('an event', () => {
  it('is shown and copied exactly as posted', async () => {
    const data = '{"id": 12345678901234567890, "price": 1.10, "id": 1e400, "half": "\\ud83d"}'
    const event = `{"id":"evt_1","type":"custom.a","severity":"info","timestamp":"2026-04-15T10:00:00.000Z","created_at":"2026-04-15T10:00:00.000Z","data":${data}}`
    fetched.mockImplementation(async ({ url }) => {
      const { pathname } = new URL(url)
      if (pathname === '/v1/events/evt_1') return new Response(event)
      return new Response(pathname === '/v1/deliveries' ? '{"deliveries":[]}' : '{"destinations":[]}')
    })
    act(() => render(<EventPage id="evt_1" />, root))
    await vi.waitFor(() => expect(shown()).toBeDefined())
    expect(dense(shown() ?? '')).toBe(dense(data))
    await copy()
    expect(copied).toHaveBeenCalledExactlyOnceWith(data)
  })

  it.each(AS_SENT)('is posted with %s as it was typed', async data => {
    fetched.mockImplementation(async () => new Response('{"id":"evt_1"}', { status: 202 }))
    const read = toEvent({ type: 'custom.a', severity: '', data, resourceType: '', resourceId: '', projectId: '' })
    if (!('json' in read)) throw new Error('The draft is complete.')
    await call(api.POST('/v1/events', { ...asWritten(read.json) }))
    expect(await fetched.mock.lastCall?.[0].text()).toBe(`{"type":"custom.a","data":${data}}`)
  })
})
