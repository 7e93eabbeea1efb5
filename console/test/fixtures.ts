import type { DestinationKind, Health, KindField } from '../src/api/types'

export const healthy: Health = { status: 'healthy', breaker: { state: 'closed' }, slow: false }

/** JSON objects that JSON.parse and JSON.stringify would change. */
export const AS_SENT = [
  '{"id":12345678901234567890}',
  '{"id":-9007199254740993}',
  '{"price":1.10}',
  '{"large":1e400,"small":1E-400}',
  '{"zero":-0,"exponent":1.5E+03}',
  '{"a":1,"a":2,"b":{"c":[],"c":{}}}',
  '{"half":"\\ud83d","letter":"\\u0041","slash":"\\/","emoji":"😀"}',
  '{"\\u0061":1,"__proto__":{"x":1.0}}',
  '{"2":1.0,"1":[1.10,[2.0,{"n":12345678901234567890}],{}]}',
  '{"text":"{\\"a\\": [1, 2]} // no comment, \\\\"}',
  '{ "a" :\n\t[ 1.0 , 2 ] }',
  '{}',
  '{ }',
  '{"a":[],"b":{},"c":"","d":null}',
]

/** JSON without the white space between its tokens. */
export const dense = (json: string) => json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')

const field = (name: string, type: KindField['type'], required = true): KindField => ({
  name,
  label: name,
  type,
  required,
  placeholder: null,
  hint: null,
})

const kind = (kind: string, api: DestinationKind['api'], fields: KindField[]): DestinationKind => ({
  kind,
  title: kind,
  platform: kind.includes('chat'),
  summary: kind,
  note: null,
  api,
  hosts: [],
  fields,
})

/** An answer of `GET /v1/notifications/destination-kinds`, with two chat platforms that the console does not know. */
export const kinds: DestinationKind[] = [
  kind('webhook', 'stack', [field('destination', 'url')]),
  kind('new_chat', 'providers', [field('name', 'text'), field('config.webhookUrl', 'url')]),
  kind('new_project_chat', 'config', [
    field('name', 'text'),
    field('credentials.webhookUrl', 'url'),
    field('X-Project-Id', 'project'),
    field('severityThreshold', 'threshold'),
  ]),
  kind('signed_webhook', 'providers', [
    field('name', 'text'),
    field('config.url', 'url'),
    field('config.secret', 'password', false),
    field('config.headers', 'lines', false),
  ]),
  kind('ops_email', 'providers', [
    field('name', 'text'),
    field('config.fromEmail', 'email'),
    field('config.toEmails', 'lines'),
  ]),
]
