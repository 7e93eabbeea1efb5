import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { snippets } from '../src/pages/destinations/parts/snippets'

type Headers = Record<string, string>
type Request = { body: string; headers: Headers }

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const rotated = 'whsec_bmV3IHNlY3JldCBvZiB0aGUgcmVjZWl2ZXIuLi4='
const now = 1_614_265_330
const body = '{"price": 1.10, "name": "Zoë"}'

const nodeDriver = `
import { readFileSync } from 'node:fs'
const { secret, now, requests } = JSON.parse(readFileSync(0, 'utf8'))
Date.now = () => now * 1000
console.log(JSON.stringify(requests.map(({ body, headers }) => isFromStack(Buffer.from(body), headers, secret))))`

// The headers of a Message are case-insensitive, like those of web frameworks.
const pythonDriver = `
import json, sys
from email.message import Message

def message(headers):
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return message

given = json.load(sys.stdin)
time = type("time", (), {"time": lambda: given["now"]})
print(json.dumps([is_from_stack(r["body"].encode(), message(r["headers"]), given["secret"]) for r in given["requests"]]))`

/** Runs a snippet in its interpreter. Returns its result for each request. */
function run(label: string, requests: Request[]): boolean[] {
  const code = snippets('stack').find(sample => sample.label === label)?.code
  const input = JSON.stringify({ secret, now, requests })
  const [program, ...args] = label.startsWith('Node.js')
    ? [process.execPath, '--input-type=module', '--eval', `${code}\n${nodeDriver}`]
    : ['python3', '-c', `${code}\n${pythonDriver}`]
  return JSON.parse(execFileSync(program as string, args, { input, encoding: 'utf8' }))
}

/** The results of a snippet, by the names of the cases. */
function outcomes(label: string, cases: Record<string, Request>): Record<string, boolean> {
  const results = run(label, Object.values(cases))
  return Object.fromEntries(Object.keys(cases).map((name, index) => [name, results[index] as boolean]))
}

const standard = (by: string, at: number | string, signed = body, id = 'dlv_1') => {
  const key = Buffer.from(by.slice('whsec_'.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${at}.${signed}`).digest('base64')}`
}
const stack = (by: string, signed = body) => createHmac('sha256', by).update(signed).digest('hex')

describe.each(['Node.js', 'Python'])('the snippet for %s', label => {
  const signature = standard(secret, now)
  const request = (headers: Headers, sent = body): Request => ({
    body: sent,
    headers: { 'webhook-id': 'dlv_1', 'webhook-timestamp': String(now), 'webhook-signature': signature, ...headers },
  })
  const at = (time: number | string) =>
    request({ 'webhook-timestamp': String(time), 'webhook-signature': standard(secret, time) })

  it('accepts signatures of the secret, also during a rotation', () => {
    const cases = {
      signed: request({}),
      'new secret, then old': request({ 'webhook-signature': `${standard(rotated, now)} ${signature}` }),
      'old secret, then new': request({ 'webhook-signature': `${signature} ${standard(rotated, now)}` }),
      'next to another version': request({ 'webhook-signature': `v1a,abc ${signature}` }),
      'five minutes ago': at(now - 300),
      'clock five minutes ahead': at(now + 300),
      // The example of the Standard Webhooks specification.
      'example of the specification': request(
        {
          'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
          'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
        },
        '{"test": 2432232314}',
      ),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, true))
  })

  it('rejects every other request without an error', () => {
    const long = '9'.repeat(5000)
    const cases = {
      'another body': request({}, `${body} `),
      'another id': request({ 'webhook-id': 'dlv_2' }),
      'another time': request({ 'webhook-timestamp': String(now + 1) }),
      'another secret': request({ 'webhook-signature': standard(rotated, now) }),
      'more than five minutes ago': at(now - 301),
      'clock too far ahead': at(now + 301),
      'no headers': { body, headers: {} },
      'no id': request({ 'webhook-id': '' }),
      'an empty signature': request({ 'webhook-signature': '' }),
      'spaces only': request({ 'webhook-signature': '   ' }),
      'no version': request({ 'webhook-signature': signature.slice('v1,'.length) }),
      'another version': request({ 'webhook-signature': signature.replace('v1', 'v2') }),
      truncated: request({ 'webhook-signature': signature.slice(0, -1) }),
      'with a suffix': request({ 'webhook-signature': `${signature}=` }),
      'not base64': request({ 'webhook-signature': 'v1,é☃ ,,, v1,' }),
      'a time that is not a number': at('soon'),
      'an empty time': at(''),
      'a time with a sign': at(`+${now}`),
      'a time with a fraction': at(`${now}.0`),
      'a time in other digits': at('١٦١٤٢٦٥٣٣٠'),
      'an endless time': at(long),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, false))
  })
})

describe.each(['Node.js, STACK headers', 'Python, STACK headers'])('the snippet for %s', label => {
  const current = 'x-stack-signature-256'
  const previous = 'x-stack-signature-256-previous'
  const request = (headers: Headers, sent = body): Request => ({ body: sent, headers })

  it('accepts signatures of the secret, also during a rotation', () => {
    const cases = {
      signed: request({ [current]: stack(secret) }),
      'old secret during a rotation': request({ [current]: stack(rotated), [previous]: stack(secret) }),
      'new secret during a rotation': request({ [current]: stack(secret), [previous]: stack(rotated) }),
      'oldest of several secrets': request({
        [current]: stack(rotated),
        [previous]: `${stack('x')}, ${stack(secret)}`,
      }),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, true))
  })

  it('rejects every other request without an error', () => {
    const signature = stack(secret)
    const cases = {
      'another body': request({ [current]: signature }, `${body} `),
      'other secrets': request({ [current]: stack(rotated), [previous]: stack(`${rotated}=`) }),
      'no headers': request({}),
      'empty headers': request({ [current]: '', [previous]: '' }),
      truncated: request({ [current]: signature.slice(0, -2) }),
      'with a suffix': request({ [current]: `${signature}00` }),
      uppercase: request({ [current]: signature.toUpperCase() }),
      'not hex': request({ [current]: 'é☃', [previous]: 'z'.repeat(64) }),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, false))
  })
})

describe('the snippets', () => {
  it('start with Standard Webhooks, and show STACK headers only for the Notifications API', () => {
    expect(snippets('stack').map(({ label }) => label)).toEqual([
      'Node.js',
      'Python',
      'Node.js, STACK headers',
      'Python, STACK headers',
    ])
    for (const { code } of snippets('stack').slice(0, 2)) expect(code).toContain('webhook-signature')
    expect(snippets('mail').every(({ code }) => !code.toLowerCase().includes('x-stack'))).toBe(true)
  })
})

function all(cases: Record<string, Request>, outcome: boolean): Record<string, boolean> {
  return Object.fromEntries(Object.keys(cases).map(name => [name, outcome]))
}
