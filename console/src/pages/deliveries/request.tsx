import type { DeliveryWithRequest } from '../../api/types'
import { curl } from '../../lib/curl'
import { CopyButton } from '../../ui/copy'
import { Json } from '../../ui/json'
import { Panel } from '../../ui/panel'
import { Notice } from '../../ui/states'
import { Headers } from './headers'

type Request = NonNullable<DeliveryWithRequest['request']>

/** The request of the newest attempt. */
export function RequestPanel({ request }: { request: Request }) {
  const hides = request.headers.some(({ value }) => value === null || value === undefined)
  return (
    <Panel
      title="Request"
      actions={
        <CopyButton text={curl(request)} label="Copy as cURL">
          Copy as cURL
        </CopyButton>
      }
    >
      <div class="stack">
        <p class="request-line">
          <code>{`${request.method} ${request.url}`}</code>
        </p>
        {request.signature_fits === false && (
          <Notice tone="warn">
            The signature of the newest attempt does not fit this body: the secret or the format has changed since.
          </Notice>
        )}
        <Headers title="Headers" headers={request.headers} />
        {hides && <p class="faint">The cURL command reads hidden values from environment variables.</p>}
        <section class="stack-s">
          <h3>Body</h3>
          <Json text={request.body} label="request body" />
        </section>
      </div>
    </Panel>
  )
}
