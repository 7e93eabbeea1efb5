import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Reply, serve } from './server.js'

// The second page is empty, as when no item matches a filter, but the list continues.
const pages: Reply[] = [
  [200, { items: ['a', 'b'], nextCursor: '2' }],
  [200, { items: [], nextCursor: '3/3' }],
  [200, { items: ['c'], nextCursor: null }],
]

async function all(list: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of list) items.push(item)
  return items
}

test('iterating covers all pages, including empty ones, with the same filters', async t => {
  const { stackshift, calls } = await serve(t, pages)
  const items = await all(stackshift.mail.events.list({ type: 'mail.message.sent', limit: 2 }))
  assert.deepEqual(items, ['a', 'b', 'c'])
  const path = 'GET /mail/events?type=mail.message.sent&limit=2'
  assert.deepEqual(calls(), [path, `${path}&cursor=2`, `${path}&cursor=3%2F3`])
})

test('awaiting returns one page with the cursor of the next', async t => {
  const { stackshift, calls } = await serve(t, pages)
  const page = await stackshift.mail.webhooks.list()
  assert.deepEqual(page.items, ['a', 'b'])
  assert.equal(page.nextCursor, '2')
  assert.equal(JSON.stringify(page), '{"items":["a","b"],"nextCursor":"2"}')
  const second = await stackshift.mail.webhooks.list({ cursor: String(page.nextCursor) })
  assert.deepEqual(second.items, [])
  assert.deepEqual(calls(), ['GET /mail/webhooks', 'GET /mail/webhooks?cursor=2'])
})

test('iterating over a page continues with the following pages', async t => {
  const { stackshift, received } = await serve(t, pages)
  const list = stackshift.mail.suppressions.list()
  const page = await list
  assert.deepEqual(await all(page), ['a', 'b', 'c'])
  assert.equal(received.length, 3)
})

test('the first page is requested once, regardless of how the list is used', async t => {
  const { stackshift, received } = await serve(t, [[200, { items: ['a'], nextCursor: null }]])
  const list = stackshift.mail.webhooks.deliveries('whk_1')
  assert.equal(await list, await list)
  assert.deepEqual(await all(list), ['a'])
  assert.deepEqual(await all(list), ['a'])
  assert.equal(received.length, 1)
})

test('pages are requested when they are reached', async t => {
  const { stackshift, received } = await serve(t, pages)
  const list = stackshift.mail.events.list()
  await pause(50)
  assert.equal(received.length, 0)
  for await (const item of list) if (item === ('b' as unknown)) break
  await pause(50)
  assert.equal(received.length, 1)
})

test('an empty list and one without a cursor end', async t => {
  for (const json of [{ items: [], nextCursor: null }, { items: [] }]) {
    const { stackshift, received } = await serve(t, [[200, json]])
    assert.deepEqual(await all(stackshift.mail.events.list()), [])
    assert.equal((await stackshift.mail.events.list()).nextCursor, null)
    assert.equal(received.length, 2)
  }
})

test('awaiting and iterating report errors, also on later pages', async t => {
  const gone: Reply = [410, { error: 'The cursor is too old.', code: 'cursor_expired' }]
  const { stackshift } = await serve(t, [[200, { items: ['a'], nextCursor: '2' }], gone])
  const seen: unknown[] = []
  await assert.rejects(
    async () => {
      for await (const item of stackshift.mail.events.list()) seen.push(item)
    },
    { status: 410 },
  )
  assert.deepEqual(seen, ['a'])
  await assert.rejects(stackshift.mail.events.list(), { status: 410 })
  await assert.rejects(all(stackshift.mail.events.list()), { code: 'cursor_expired' })
})

test('a list can be used like any promise', async t => {
  const { stackshift } = await serve(t, pages.slice(2))
  let ended = 0
  const [page] = await Promise.all([stackshift.mail.events.list().finally(() => ended++)])
  assert.deepEqual(page.items, ['c'])
  assert.equal(ended, 1)

  const failing = await serve(t, [[400, { error: 'No.', code: 'bad' }]])
  assert.equal(await failing.stackshift.mail.events.list().catch(() => 'caught'), 'caught')
})
