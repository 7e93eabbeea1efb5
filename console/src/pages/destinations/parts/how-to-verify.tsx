import type { MadeBy } from '../../../api/types'
import { Snippet } from './snippet'
import { snippets } from './snippets'
import { Tabs } from './tabs'

/** Explains how a receiver verifies signatures. */
export function HowToVerify({ madeBy }: { madeBy: MadeBy }) {
  return (
    <div class="stack-s">
      <h3>Verify the signature</h3>
      <p class="field-hint">
        Every request carries the Standard Webhooks headers: webhook-id, webhook-timestamp and webhook-signature. Any
        Standard Webhooks library can verify them.
        {madeBy === 'stack' && ' X-STACK-Signature-256 is the HMAC-SHA256 of the body only.'}
      </p>
      <Tabs
        label="Language"
        tabs={snippets(madeBy).map(({ label, code }) => ({ label, content: <Snippet label={label} code={code} /> }))}
      />
    </div>
  )
}
