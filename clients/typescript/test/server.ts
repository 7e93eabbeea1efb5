import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StackNotifications } from '@stack-notifications/client'

/** A received request. */
export interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** An answer: a status and JSON (or text), or a function that uses the response directly. */
export type Reply =
  | [status: number, json: unknown, headers?: Record<string, string>]
  | ((response: ServerResponse) => void)

interface Cleanup {
  after(end: () => void): void
}

/** Starts a real HTTP server and a client for it. It answers with the replies in order, then repeats the last one. */
export async function serve(t: Cleanup, replies: Reply[], options: { timeoutMs?: number; basePath?: string } = {}) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method = '', url = '', headers } = request
    const reply = replies[Math.min(received.length, replies.length - 1)]
    received.push({ method, url, headers, body })
    answer(response, reply)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}${options.basePath ?? ''}`
  const stackshift = new StackNotifications({ baseUrl, apiKey: 'sk_test_1', timeoutMs: options.timeoutMs })
  return { baseUrl, stackshift, received, calls: () => received.map(({ method, url }) => `${method} ${url}`) }
}

function answer(response: ServerResponse, reply: Reply | undefined): void {
  if (reply === undefined) throw new Error('a server needs a reply')
  if (typeof reply === 'function') {
    reply(response)
  } else {
    const [status, json, headers = {}] = reply
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof json === 'string' ? json : JSON.stringify(json))
  }
}
