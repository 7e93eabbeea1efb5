import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { curl, quote } from '../src/lib/curl'

/** The arguments that a shell passes to the program. */
function argumentsOf(command: string, env: Record<string, string> = {}): string[] {
  const script = `curl() { for a in "$@"; do printf '%s\\0' "$a"; done; }\n${command}`
  const output = execFileSync('sh', ['-c', script], { env: { PATH: process.env.PATH ?? '', ...env } })
  return output.toString('utf8').split('\0').slice(0, -1)
}

const BODIES = [
  '{"a":1}',
  `{"name":"O'Brien's \\"shop\\"","price":"$5 \`id\` $(id) \\\\ !!"}`,
  '@file',
  '{"text":"Grüße, 東京 🎉"}\n\nline two\ttab\r\n',
  "''''",
  '%s %d * ? [a] {b} ~ # & ; | < >',
]

describe('curl', () => {
  it.each(BODIES)('passes every byte of %j through a shell', body => {
    const headers = [
      { name: 'content-type', value: 'application/json' },
      { name: 'stack-signature', value: "it's=" },
      { name: 'content-length', value: '9' },
    ]
    const url = "https://example.com/hooks?a=1&b=it's[1]"
    expect(argumentsOf(curl({ method: 'POST', url, headers, body }))).toEqual([
      '--globoff',
      '-X',
      'POST',
      url,
      '-H',
      'content-type: application/json',
      '-H',
      "stack-signature: it's=",
      '--data-raw',
      body,
    ])
  })

  it('takes what the API does not show from the environment', () => {
    const headers = [{ name: 'x-api.key', value: null }]
    const command = curl({ method: 'POST', url: 'example.com', headers, body: '{}' })
    expect(argumentsOf(command, { URL: 'https://example.com/x', X_API_KEY: 'a "b" $c' })).toEqual([
      '--globoff',
      '-X',
      'POST',
      'https://example.com/x',
      '-H',
      'x-api.key: a "b" $c',
      '--data-raw',
      '{}',
    ])
  })

  it('quotes a quote', () => {
    expect(quote("a'b")).toBe(`'a'\\''b'`)
  })
})
