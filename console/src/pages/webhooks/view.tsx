import { Pencil, RotateCcw } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useDestinations } from '../../api/catalogue'
import type { Endpoint } from '../../api/types'
import { href } from '../../router/hash'
import { BreakerBadge, HealthBadge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Id } from '../../ui/id'
import { Page } from '../../ui/page'
import { Facts, Panel } from '../../ui/panel'
import { RecoverDialog } from '../../ui/recover-dialog'
import { Time } from '../../ui/time'
import { HealthNotice } from '../destinations/detail/health'
import { Manage } from '../destinations/detail/manage'
import { StatsPanel } from '../destinations/detail/stats'
import { TrafficNotice } from '../destinations/detail/traffic'
import { TestButton, TestResult, useTest } from '../destinations/parts/test'
import { VerifyDialog } from '../destinations/verify'
import { EndpointDeliveries } from './deliveries'
import { asDestination } from './endpoint'
import { EditEndpointDialog } from './form'
import { HowToVerify } from './how-to-verify'
import { Secret } from './secret'
import '../destinations/detail/detail.css'
import './webhooks.css'

/** The state, deliveries and settings of an endpoint. */
export function EndpointView({ endpoint }: { endpoint: Endpoint }) {
  const [open, setOpen] = useState<'verify' | 'recover' | 'edit' | null>(null)
  const { byId } = useDestinations()
  const destination = asDestination(endpoint, byId.get(endpoint.id))
  const test = useTest(destination)
  const close = () => setOpen(null)
  return (
    <Page
      title={endpoint.url}
      back={{ label: 'Webhooks', href: href('/webhooks') }}
      description={
        <span class="row">
          <HealthBadge health={endpoint.health} disabled={destination.disabled} unused={destination.unused} />
          <BreakerBadge health={endpoint.health} />
          {endpoint.description}
        </span>
      }
      actions={
        <>
          <TestButton test={test} />
          <Button writes icon={<RotateCcw size={15} />} onClick={() => setOpen('recover')}>
            Recover
          </Button>
          <Button writes icon={<Pencil size={14} />} onClick={() => setOpen('edit')}>
            Edit
          </Button>
        </>
      }
    >
      <TestResult test={test} />
      <HealthNotice destination={destination} onVerify={() => setOpen('verify')} />
      <TrafficNotice health={endpoint.health} />
      <div class="detail">
        <div class="stack">
          <StatsPanel destinationId={endpoint.id} />
          <EndpointDeliveries id={endpoint.id} />
          <HowToVerify />
        </div>
        <div class="detail-aside">
          <Secret id={endpoint.id} />
          <Panel title="Details">
            <Facts
              items={[
                ['Event types', <Types key="types" types={endpoint.event_types} />],
                ['Added', <Time key="added" at={endpoint.created_at} />],
                ['Id', <Id key="id" id={endpoint.id} />],
              ]}
            />
          </Panel>
          <Manage destination={destination} listPath="/webhooks" />
        </div>
      </div>
      {open === 'edit' && <EditEndpointDialog endpoint={endpoint} onClose={close} />}
      {open === 'verify' && <VerifyDialog destination={destination} onClose={close} />}
      {open === 'recover' && <RecoverDialog destination={destination} onClose={close} />}
    </Page>
  )
}

const Types = ({ types }: { types: string[] }) => (
  <ul class="endpoint-types">
    {types.map(type => (
      <li key={type}>
        <code>{type}</code>
      </li>
    ))}
  </ul>
)
