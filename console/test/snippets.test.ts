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

// A Message finds headers in any case, as the frameworks' own objects do.
const pythonDriver = `
import json, sys
from email.message import Message

def message(headers):
    made = Message()
    for name, value in headers.items():
        made[name] = value
    return made

told = json.load(sys.stdin)
time = type("time", (), {"time": lambda: told["now"]})
print(json.dumps([is_from_stack(r["body"].encode(), message(r["headers"]), told["secret"]) for r in told["requests"]]))`

/** Runs a snippet in its interpreter; returns its result for each request. */
function run(label: string, requests: Request[]): boolean[] {
  const code = snippets('stack').find(sample => sample.label === label)?.code
  const input = JSON.stringify({ secret, now, requests })
  const [program, ...args] = label.startsWith('Node.js')
    ? [process.execPath, '--input-type=module', '--eval', `${code}\n${nodeDriver}`]
    : ['python3', '-c', `${code}\n${pythonDriver}`]
  return JSON.parse(execFileSync(program as string, args, { input, encoding: 'utf8' }))
}

/** The snippet's result for each case, by the case's name. */
function outcomes(label: string, cases: Record<string, Request>): Record<string, boolean> {
  const said = run(label, Object.values(cases))
  return Object.fromEntries(Object.keys(cases).map((name, index) => [name, said[index] as boolean]))
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

  it('accepts what the secret signed, during a rotation too', () => {
    const cases = {
      signed: request({}),
      'by the new secret, then the old': request({ 'webhook-signature': `${standard(rotated, now)} ${signature}` }),
      'by the old secret, then the new': request({ 'webhook-signature': `${signature} ${standard(rotated, now)}` }),
      'beside another version': request({ 'webhook-signature': `v1a,abc ${signature}` }),
      'five minutes ago': at(now - 300),
      'by a clock five minutes ahead': at(now + 300),
      // The example of the Standard Webhooks specification.
      'by the specification': request(
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
      'by another secret': request({ 'webhook-signature': standard(rotated, now) }),
      'more than five minutes ago': at(now - 301),
      'by a clock too far ahead': at(now + 301),
      'no headers': { body, headers: {} },
      'no id': request({ 'webhook-id': '' }),
      'an empty signature': request({ 'webhook-signature': '' }),
      'spaces only': request({ 'webhook-signature': '   ' }),
      'without its version': request({ 'webhook-signature': signature.slice('v1,'.length) }),
      'under another version': request({ 'webhook-signature': signature.replace('v1', 'v2') }),
      'cut off': request({ 'webhook-signature': signature.slice(0, -1) }),
      'with more behind it': request({ 'webhook-signature': `${signature}=` }),
      'no letters of base64': request({ 'webhook-signature': 'v1,é☃ ,,, v1,' }),
      'a time that is no number': at('soon'),
      'an empty time': at(''),
      'a time with a sign': at(`+${now}`),
      'a time with a fraction': at(`${now}.0`),
      'a time in other digits': at('١٦١٤٢٦٥٣٣٠'),
      'a time without end': at(long),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, false))
  })
})

describe.each(['Node.js, STACK headers', 'Python, STACK headers'])('the snippet for %s', label => {
  const current = 'x-stack-signature-256'
  const previous = 'x-stack-signature-256-previous'
  const request = (headers: Headers, sent = body): Request => ({ body: sent, headers })

  it('accepts what the secret signed, during a rotation too', () => {
    const cases = {
      signed: request({ [current]: stack(secret) }),
      'the old secret of a rotation': request({ [current]: stack(rotated), [previous]: stack(secret) }),
      'the new secret of a rotation': request({ [current]: stack(secret), [previous]: stack(rotated) }),
      'the oldest of several': request({ [current]: stack(rotated), [previous]: `${stack('x')}, ${stack(secret)}` }),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, true))
  })

  it('rejects every other request without an error', () => {
    const signature = stack(secret)
    const cases = {
      'another body': request({ [current]: signature }, `${body} `),
      'by other secrets': request({ [current]: stack(rotated), [previous]: stack(`${rotated}=`) }),
      'no headers': request({}),
      'empty headers': request({ [current]: '', [previous]: '' }),
      'cut off': request({ [current]: signature.slice(0, -2) }),
      'with more behind it': request({ [current]: `${signature}00` }),
      'in capitals': request({ [current]: signature.toUpperCase() }),
      'no hex': request({ [current]: 'é☃', [previous]: 'z'.repeat(64) }),
    }
    expect(outcomes(label, cases)).toEqual(all(cases, false))
  })
})

describe('the snippets', () => {
  it('lead with Standard Webhooks, and show the STACK headers only where they are sent', () => {
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
