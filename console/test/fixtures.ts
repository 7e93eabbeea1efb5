import type { Health } from '../src/api/types'

/** The health of a destination with which all is well. */
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
