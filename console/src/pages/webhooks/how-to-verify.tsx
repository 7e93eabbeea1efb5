import { Panel } from '../../ui/panel'
import { Snippet } from '../destinations/parts/snippet'
import { Tabs } from '../destinations/parts/tabs'
import { endpointSnippets } from './snippets'

/** A server that takes an endpoint's events and checks them. */
export function HowToVerify() {
  return (
    <Panel title="Receive and check events" hint="Requests carry svix-id, svix-timestamp and svix-signature.">
      <Tabs
        label="Language"
        tabs={endpointSnippets.map(({ label, code }) => ({ label, content: <Snippet label={label} code={code} /> }))}
      />
    </Panel>
  )
}
