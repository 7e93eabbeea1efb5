import type { MadeBy } from '../../../api/types'

export type CodeSample = { label: string; code: string }

const standardNode = `import { createHmac, timingSafeEqual } from 'node:crypto'

const TOLERANCE_SECONDS = 5 * 60

// \`body\` is the raw request body, before any parsing.
// \`headers\` are the request's headers with lowercase names, as in Node.js and Express.
export function isFromStack(body, headers, secret) {
  const id = headers['webhook-id'] ?? ''
  const timestamp = headers['webhook-timestamp'] ?? ''
  const signatures = headers['webhook-signature'] ?? ''

  // An old request may be a replay.
  if (!/^[0-9]{1,12}$/.test(timestamp)) return false
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false

  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const hmac = createHmac('sha256', key).update(\`\${id}.\${timestamp}.\`).update(body)
  const expected = Buffer.from(\`v1,\${hmac.digest('base64')}\`)

  // For 24 hours after a rotation, there is one signature for each secret.
  return signatures.split(' ').some(signature => {
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}`

const standardPython = `import base64
import hashlib
import hmac
import re
import time

TOLERANCE_SECONDS = 5 * 60

# \`body\` is the raw request body in bytes, before any parsing.
# \`headers\` must be case-insensitive, as in Flask, Django and FastAPI.
def is_from_stack(body, headers, secret):
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")

    # An old request may be a replay.
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False

    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)

    # For 24 hours after a rotation, there is one signature for each secret.
    return any(
        hmac.compare_digest(signature.encode(), expected)
        for signature in signatures.split(" ")
    )`

const stackNode = `import { createHmac, timingSafeEqual } from 'node:crypto'

// For 24 hours after a rotation, the second header has the signatures of old secrets, separated by commas.
const HEADERS = ['x-stack-signature-256', 'x-stack-signature-256-previous']

// These headers sign only the body. Only webhook-signature also protects against replays.
// \`body\` is the raw request body, before any parsing.
// \`headers\` are the request's headers with lowercase names, as in Node.js and Express.
export function isFromStack(body, headers, secret) {
  const expected = Buffer.from(createHmac('sha256', secret).update(body).digest('hex'))
  const signatures = HEADERS.flatMap(name => (headers[name] ?? '').split(', '))
  return signatures.some(signature => {
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}`

const stackPython = `import hashlib
import hmac

# For 24 hours after a rotation, the second header has the signatures of old secrets, separated by commas.
HEADERS = ["X-STACK-Signature-256", "X-STACK-Signature-256-Previous"]

# These headers sign only the body. Only webhook-signature also protects against replays.
# \`body\` is the raw request body in bytes, before any parsing.
# \`headers\` must be case-insensitive, as in Flask, Django and FastAPI.
def is_from_stack(body, headers, secret):
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    return any(
        hmac.compare_digest(signature.encode(), expected)
        for name in HEADERS
        for signature in headers.get(name, "").split(", ")
    )`

/** Code that verifies our requests, for destinations of one API. */
export function snippets(madeBy: MadeBy): CodeSample[] {
  const standard = [
    { label: 'Node.js', code: standardNode },
    { label: 'Python', code: standardPython },
  ]
  if (madeBy !== 'stack') return standard
  return [
    ...standard,
    { label: 'Node.js, STACK headers', code: stackNode },
    { label: 'Python, STACK headers', code: stackPython },
  ]
}
