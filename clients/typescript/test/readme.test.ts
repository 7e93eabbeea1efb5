import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { mock, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { body, digest, secret } from './signing.js'

// Runs the receivers in the README unmodified, except for the one for Express, which is not among this package's tools.

test('the receiver for Next.js and edge runtimes works', async t => {
  const { POST } = await import(example('// app/webhooks/stackshift-mail/route.ts', 'route.mjs').href)
  process.env.STACKSHIFT_MAIL_WEBHOOK_SECRET = secret
  t.after(() => delete process.env.STACKSHIFT_MAIL_WEBHOOK_SECRET)
  await receives(t, POST)
})

test('the receiver for Deno works', async t => {
  let handler: ((request: Request) => Promise<Response>) | undefined
  const Deno = { serve: (given: typeof handler) => (handler = given), env: { get: () => secret } }
  Object.assign(globalThis, { Deno })
  t.after(() => Reflect.deleteProperty(globalThis, 'Deno'))
  await import(example('// deno.ts', 'deno.mjs').href)
  assert.ok(handler)
  await receives(t, handler)
})

test('the receiver for Node without a framework works', async t => {
  const port = await freePort()
  const env = { ...process.env, PORT: String(port), STACKSHIFT_MAIL_WEBHOOK_SECRET: secret }
  const receiver = spawn(process.execPath, [fileURLToPath(example('// node.js', 'node.mjs'))], { env })
  t.after(() => receiver.kill())
  const send = (body: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body })
  for (let tries = 0; tries < 100; tries++) {
    if (
      await send('', {}).then(
        () => true,
        () => false,
      )
    )
      break
    await pause(50)
  }
  // A sender that disconnects before the end of its body does not end the receiver.
  const sender = connect(port, '127.0.0.1')
  sender.end('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{')
  await once(sender.resume(), 'close')
  assert.equal((await send(body, signed())).status, 204)
  assert.equal((await send(`${body} `, signed())).status, 401)
  assert.equal((await send(body, {})).status, 401)
})

function example(firstLine: string, name: string): URL {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const code = readme.split('```').find(block => block.split('\n')[1] === firstLine)
  assert.ok(code, `README.md has no block that begins with ${firstLine}`)
  const folder = new URL('../readme/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = new URL(name, folder)
  writeFileSync(file, transformSync(code.slice(code.indexOf('\n')), { loader: 'ts' }).code)
  return file
}

function signed(): Record<string, string> {
  const now = Math.floor(Date.now() / 1000)
  return { 'StackShift-Timestamp': String(now), 'StackShift-Signature': `v1=${digest(secret, now, body)}` }
}

async function receives(t: { after(end: () => void): void }, handle: (request: Request) => Promise<Response>) {
  const log = mock.method(console, 'log', () => {})
  t.after(() => log.mock.restore())
  const request = (body: string, headers: Record<string, string>) =>
    new Request('https://example.com', { method: 'POST', headers, body })
  assert.equal((await handle(request(body, signed()))).status, 204)
  assert.deepEqual(log.mock.calls[0]?.arguments, ['evt_1', 'mail.message.sent'])
  assert.equal((await handle(request(`${body} `, signed()))).status, 401)
  assert.equal((await handle(request(body, {}))).status, 401)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
