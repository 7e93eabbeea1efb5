// Runs in Node, Deno, Bun and the edge runtime, so it uses only what all of them support. OpenSSL calculated the
// digest; the body is not valid UTF-8.
import { StackNotifications, verifyWebhookSignature, verifyWebhookSignatureAsync } from '../../dist/index.js'

const genuine = {
  rawBody: Uint8Array.of(0x7b, 0xff, 0x00, 0xfe, 0x7d),
  timestampHeader: '1700000000',
  signatureHeader: 'v1=5b153d708dd7b2000ca2facf2ad8f6304d24fa30e3d45f66a2ece3670a585a4b',
  secret: 'whsec_c3RhY2stbm90aWZpY2F0aW9ucy1leGFtcGxlLTE',
  now: 1_700_000_000_000,
}
const forged = { ...genuine, rawBody: Uint8Array.of(0x7b, 0xff, 0x00, 0xfe, 0x7c) }

async function fakeFetch(url) {
  const page = url.endsWith('?cursor=2') ? { items: ['b'], nextCursor: null } : { items: ['a'], nextCursor: '2' }
  return new Response(JSON.stringify(page))
}

async function check() {
  expect('sync, genuine', verifyWebhookSignature(genuine), true)
  expect('sync, forged', verifyWebhookSignature(forged), false)
  expect('sync, ArrayBuffer', verifyWebhookSignature({ ...genuine, rawBody: genuine.rawBody.buffer }), true)
  expect('async, genuine', await verifyWebhookSignatureAsync(genuine), true)
  expect('async, forged', await verifyWebhookSignatureAsync(forged), false)

  const request = new Request('https://example.com', { method: 'POST', body: genuine.rawBody })
  const rawBody = await request.arrayBuffer()
  expect('sync, body of a request', verifyWebhookSignature({ ...genuine, rawBody }), true)
  expect('async, body of a request', await verifyWebhookSignatureAsync({ ...genuine, rawBody }), true)

  const stackshift = new StackNotifications({ baseUrl: 'https://example.com', apiKey: 'key', fetch: fakeFetch })
  let items = ''
  for await (const item of stackshift.mail.events.list()) items += item
  expect('client, two pages', items, 'ab')
  console.log('passed')
}

function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual}, not ${expected}`)
}

// Not awaited: the edge runtime runs scripts, which cannot use `await` outside of functions.
check()
