import type { MadeBy } from '../../../api/types'

export type CodeSample = { label: string; code: string }

const stackNode = `import { createHmac, timingSafeEqual } from 'node:crypto'

// \`body\` is the request's body as it came, before any parsing.
export function isFromStack(body, headers, secret) {
  const sent = Buffer.from(headers['x-stack-signature-256'] ?? '', 'hex')
  const own = createHmac('sha256', secret).update(body).digest()
  return sent.length === own.length && timingSafeEqual(sent, own)
}`

const stackPython = `import hashlib
import hmac

# \`body\` is the request's body in bytes, before any parsing.
def is_from_stack(body, headers, secret):
    own = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(own, headers.get("X-STACK-Signature-256", ""))`

const standardNode = `// npm install standardwebhooks
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.WEBHOOK_SECRET)

// Throws when the signature is wrong or the request is older than five minutes.
export const read = (body, headers) => webhook.verify(body, headers)`

const standardPython = `# pip install standardwebhooks
import os
from standardwebhooks import Webhook

webhook = Webhook(os.environ["WEBHOOK_SECRET"])

# Raises when the signature is wrong or the request is older than five minutes.
def read(body, headers):
    return webhook.verify(body, headers)`

/** How a receiver checks that a request is ours, by the API that made the destination. */
export function snippets(madeBy: MadeBy): CodeSample[] {
  const standard = [
    { label: 'Node.js', code: standardNode },
    { label: 'Python', code: standardPython },
  ]
  if (madeBy !== 'stack') return standard
  return [
    { label: 'Node.js', code: stackNode },
    { label: 'Python', code: stackPython },
    { label: 'Node.js, with a library', code: standardNode },
  ]
}
