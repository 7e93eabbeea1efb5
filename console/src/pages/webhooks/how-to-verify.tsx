import { Panel } from '../../ui/panel'
import { Snippet } from '../destinations/parts/snippet'
import { Tabs } from '../destinations/parts/tabs'
import { endpointSnippets } from './snippets'

/** Sample servers that receive and verify events. */
export function HowToVerify() {
  return (
    <Panel title="Receive and verify events" hint="Requests carry svix-id, svix-timestamp and svix-signature.">
      <Tabs
        label="Language"
        tabs={endpointSnippets.map(({ label, code }) => ({ label, content: <Snippet label={label} code={code} /> }))}
      />
    </Panel>
  )
}
