import { Pencil, RotateCcw, ShieldCheck } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { Destination } from '../../../api/types'
import { canEdit, canManage, canTest } from '../../../lib/abilities'
import { madeByLabels } from '../../../lib/made-by'
import { href } from '../../../router/hash'
import { Badge, BreakerBadge, HealthBadge } from '../../../ui/badge'
import { Button } from '../../../ui/button'
import { KindTitle, kindIcon } from '../../../ui/kind'
import { Page } from '../../../ui/page'
import { RecoverDialog } from '../../../ui/recover-dialog'
import { EditDestination } from '../edit'
import { NewestDeliveries } from '../parts/deliveries'
import { TestButton, TestResult, useTest } from '../parts/test'
import { VerifyDialog } from '../verify'
import { DestinationFacts } from './facts'
import { HealthNotice } from './health'
import { Manage } from './manage'
import { DestinationRules } from './rules'
import { StatsPanel } from './stats'
import { TrafficNotice } from './traffic'
import './detail.css'

/** The state, deliveries and settings of a destination. */
export function DestinationView({ destination }: { destination: Destination }) {
  const [open, setOpen] = useState<'verify' | 'recover' | 'edit' | null>(null)
  const test = useTest(destination)
  const { health, verified, disabled, unused, channel_type, made_by } = destination
  const close = () => setOpen(null)
  return (
    <Page
      title={destination.name || destination.destination}
      back={{ label: 'Destinations', href: href('/destinations') }}
      description={
        <span class="row destination-badges">
          <Badge icon={kindIcon(channel_type)}>
            <KindTitle kind={channel_type} />
          </Badge>
          <HealthBadge {...{ health, verified, disabled, unused }} />
          <BreakerBadge health={health} />
          <Badge>{madeByLabels[made_by]}</Badge>
        </span>
      }
      actions={
        canManage(destination) && (
          <>
            {canTest(destination) ? (
              <TestButton test={test} disabledReason={verified ? null : 'Verify the destination first.'} />
            ) : (
              <Button writes icon={<ShieldCheck size={15} />} onClick={() => setOpen('verify')}>
                Verify
              </Button>
            )}
            <Button writes icon={<RotateCcw size={15} />} onClick={() => setOpen('recover')}>
              Recover
            </Button>
            {canEdit(destination) && (
              <Button writes icon={<Pencil size={14} />} onClick={() => setOpen('edit')}>
                Edit
              </Button>
            )}
          </>
        )
      }
    >
      <TestResult test={test} />
      <HealthNotice destination={destination} onVerify={() => setOpen('verify')} />
      <TrafficNotice health={health} />
      <div class="detail">
        <div class="detail-main">
          <StatsPanel destinationId={destination.destination_id} />
          <NewestDeliveries destinationId={destination.destination_id} />
        </div>
        <div class="detail-aside">
          <DestinationFacts destination={destination} />
          <DestinationRules destination={destination} />
          {canManage(destination) && <Manage destination={destination} />}
        </div>
      </div>
      {open === 'edit' && <EditDestination destination={destination} onClose={close} />}
      {open === 'verify' && <VerifyDialog destination={destination} onClose={close} />}
      {open === 'recover' && <RecoverDialog destination={destination} onClose={close} />}
    </Page>
  )
}
