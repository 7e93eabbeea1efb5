// @vitest-environment happy-dom
// @vitest-environment-options { "url": "http://localhost/console/" }
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { SWRConfig } from 'swr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kinds } from './fixtures'

const fetched = vi.fn<(request: Request) => Promise<Response>>()
vi.stubGlobal('fetch', fetched)
// After the stub: the client reads `fetch` when it is created.
const { KindTitle } = await import('../src/ui/kind')
const { AddDestination } = await import('../src/pages/destinations/add')
const { create } = await import('../src/pages/destinations/add/create')

const root = document.createElement('div')
const show = (content: preact.ComponentChildren) =>
  act(() => render(<SWRConfig value={{ provider: () => new Map() }}>{content}</SWRConfig>, root))

beforeEach(() => {
  vi.clearAllMocks()
  document.body.append(root)
})
afterEach(() => act(() => render(null, root)))

describe('the name of a kind', () => {
  it('is its id until the API answers, and is fetched once', async () => {
    let answer = (_: Response) => {}
    fetched.mockReturnValue(new Promise(resolve => (answer = resolve)))
    show([<KindTitle key="1" kind="new_chat" />, ' ', <KindTitle key="2" kind="unlisted" />])
    expect(root.textContent).toBe('new_chat unlisted')
    const titled = kinds.map(kind => ({ ...kind, title: `Title of ${kind.kind}` }))
    await act(async () => answer(Response.json({ kinds: titled })))
    await vi.waitFor(() => expect(root.textContent).toBe('Title of new_chat unlisted'))
    expect(fetched).toHaveBeenCalledOnce()
  })
})

describe('the dialog that adds a destination', () => {
  it('offers the kinds in the order of the API', async () => {
    fetched.mockImplementation(async () => Response.json({ kinds }))
    show(<AddDestination kind="choose" onKind={() => {}} onClose={() => {}} />)
    await vi.waitFor(() => expect(root.querySelectorAll('.kind')).toHaveLength(kinds.length))
    const titles = [...root.querySelectorAll('.kind-label')].map(label => label.textContent)
    expect(titles).toEqual(kinds.map(({ title }) => title))
  })

  it('says why there are none', async () => {
    fetched.mockImplementation(async () => Response.json({ error: 'The key is blocked.' }, { status: 403 }))
    show(<AddDestination kind="choose" onKind={() => {}} onClose={() => {}} />)
    await vi.waitFor(() => expect(root.textContent).toContain('The key is blocked.'))
  })
})

describe('a new destination', () => {
  const formOf = (kind: string) => {
    const form = kinds.find(one => one.kind === kind)
    if (!form) throw new Error(`${kind} is not in the fixture.`)
    return form
  }
  const sent = async () => {
    const request = fetched.mock.lastCall?.[0]
    return { path: new URL(request?.url ?? '').pathname, body: await request?.json(), headers: request?.headers }
  }

  it('is created with the Notifications API', async () => {
    const answer = {
      id: 'ndst_1',
      channel_type: 'webhook',
      destination: 'https://example.com',
      webhook_secret: 'whsec_1',
    }
    fetched.mockImplementation(async () => Response.json(answer, { status: 201 }))
    const added = await create(formOf('webhook'), { destination: 'https://example.com' })
    const { path, body } = await sent()
    expect(path).toBe('/v1/notifications/destinations')
    expect(body).toEqual({ channel_type: 'webhook', destination: 'https://example.com' })
    expect(added).toMatchObject({ secret: 'whsec_1', destination: { id: 'ndst_1', made_by: 'stack' } })
  })

  it('is created with the Providers API, whatever the platform', async () => {
    fetched.mockImplementation(async () => Response.json({ id: 'p1', name: '#ops' }, { status: 201 }))
    const added = await create(formOf('new_chat'), { name: '#ops', 'config.webhookUrl': 'https://chat.example.com/1' })
    const { path, body, headers } = await sent()
    expect(path).toBe('/api/v1/notifications/providers')
    expect(body).toEqual({ kind: 'new_chat', name: '#ops', config: { webhookUrl: 'https://chat.example.com/1' } })
    expect(headers?.get('X-Requested-With')).toBe('XMLHttpRequest')
    expect(added.destination).toMatchObject({ id: 'p1', channel_type: 'new_chat', made_by: 'providers' })
  })

  it('of a signed webhook is a webhook', async () => {
    fetched.mockImplementation(async () => Response.json({ id: 'p2', name: 'Pager' }, { status: 201 }))
    const added = await create(formOf('signed_webhook'), { name: 'Pager', 'config.url': 'https://example.com' })
    expect((await sent()).body).toEqual({ kind: 'webhook', name: 'Pager', config: { url: 'https://example.com' } })
    expect(added.destination.channel_type).toBe('webhook')
  })

  it('is created with the Config API, in its project', async () => {
    fetched.mockImplementation(async () => Response.json({ success: true, data: { id: 'c1' } }, { status: 201 }))
    const values = {
      name: '#ops',
      'credentials.webhookUrl': 'https://chat.example.com/1',
      'X-Project-Id': ' p1 ',
      severityThreshold: 'low',
    }
    const added = await create(formOf('new_project_chat'), values)
    const { path, body, headers } = await sent()
    expect(path).toBe('/v1/config/notifications')
    expect(headers?.get('X-Project-Id')).toBe('p1')
    expect(body).toEqual({
      type: 'new_project_chat',
      name: '#ops',
      credentials: { webhookUrl: 'https://chat.example.com/1' },
      severityThreshold: 'low',
    })
    expect(added.destination).toMatchObject({ id: 'c1', project_id: 'p1', made_by: 'config' })
  })

  it('needs a project for the Config API', async () => {
    await expect(create(formOf('new_project_chat'), { name: '#ops' })).rejects.toMatchObject({
      fields: [{ field: 'X-Project-Id', message: 'is missing' }],
    })
    expect(fetched).not.toHaveBeenCalled()
  })
})
