import { KeyRound, Link, Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import { usePages } from '../../api/hooks'
import type { ApiKeyView } from '../../api/types'
import { AreaContext, useRefusal, useWhoami } from '../../api/whoami'
import { keyStates, keyTitle, lastUsed } from '../../lib/keys'
import { toast } from '../../lib/toasts'
import { useNow } from '../../lib/use-now'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { ConfirmDialog } from '../../ui/confirm'
import { Id } from '../../ui/id'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { LoadMore, NoValue, Table } from '../../ui/table'
import { Time } from '../../ui/time'
import { NewKeyDialog } from './new-key'
import { PortalLinkDialog } from './portal-link'
import './keys.css'

/** The API keys of the account, for admins. */
export function KeysPage() {
  const refused = useRefusal('account')
  const [open, setOpen] = useState<'key' | 'link' | null>(null)
  const close = () => setOpen(null)
  if (refused) {
    return (
      <Page title="Keys">
        <Panel flush>
          <EmptyState icon={<KeyRound size={20} />} title="For admins only">
            {refused}
          </EmptyState>
        </Panel>
      </Page>
    )
  }
  return (
    <AreaContext.Provider value="account">
      <Page
        title="Keys"
        description="API keys of programs and people, and portal links. A key is shown once, when it is created."
        actions={
          <>
            <Button icon={<Link size={15} />} onClick={() => setOpen('link')}>
              New portal link
            </Button>
            <Button variant="primary" icon={<Plus size={15} />} onClick={() => setOpen('key')}>
              New key
            </Button>
          </>
        }
      >
        <Panel flush>
          <Keys />
        </Panel>
        {open === 'key' && <NewKeyDialog onClose={close} />}
        {open === 'link' && <PortalLinkDialog onClose={close} />}
      </Page>
    </AreaContext.Provider>
  )
}

function Keys() {
  const pages = usePages('/v1/keys', {}, page => page.keys)
  const [revoking, setRevoking] = useState<ApiKeyView | null>(null)
  const now = useNow(60_000)
  const { key_id: own } = useWhoami()
  if (pages.error && !pages.rows) return <ErrorState error={pages.error} onRetry={pages.mutate} />
  if (!pages.rows) return <Skeleton lines={6} label="Loading keys" />
  return (
    <>
      <Table
        label="Keys"
        rows={pages.rows}
        rowKey={key => key.id}
        columns={[
          { header: 'Key', main: true, cell: key => <Named apiKey={key} own={key.id === own} /> },
          { header: 'Rights', width: '11rem', cell: rights },
          { header: 'Status', width: '7rem', cell: key => <Status apiKey={key} /> },
          { header: 'Last used', width: '9rem', cell: key => lastUsed(key.last_used_at, now) },
          {
            header: 'Expires',
            width: '8rem',
            cell: key => (key.expires_at ? <Time at={key.expires_at} /> : <NoValue />),
          },
          {
            header: 'Revoke',
            width: '7rem',
            align: 'end',
            cell: key =>
              key.state === 'active' ? (
                <Button
                  size="s"
                  aria-label={`Revoke ${keyTitle(key)}`}
                  disabledReason={
                    key.id === own ? 'You are signed in with this key. Revoke it with the key of another admin.' : null
                  }
                  onClick={() => setRevoking(key)}
                >
                  Revoke
                </Button>
              ) : (
                <NoValue />
              ),
          },
        ]}
      />
      <LoadMore pages={pages} />
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </>
  )
}

function Named({ apiKey, own }: { apiKey: ApiKeyView; own: boolean }) {
  return (
    <span class="key-named">
      <span class="row key-title">
        <bdi>{keyTitle(apiKey)}</bdi>
        {apiKey.kind === 'portal' && apiKey.name && <Badge>Portal link</Badge>}
        {own && <Badge tone="blue">Yours</Badge>}
      </span>
      <Id id={apiKey.id} short />
    </span>
  )
}

function rights({ role, permissions, project_id }: ApiKeyView) {
  return (
    <span class="key-named">
      <span>{[role, ...permissions].join(', ')}</span>
      {project_id && <bdi class="faint clamp">{`Project ${project_id}`}</bdi>}
    </span>
  )
}

function Status({ apiKey }: { apiKey: ApiKeyView }) {
  const { label, tone } = keyStates[apiKey.state]
  return <Badge tone={tone}>{label}</Badge>
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKeyView; onClose: () => void }) {
  return (
    <ConfirmDialog
      title={`Revoke ${keyTitle(apiKey)}`}
      confirm="Revoke key"
      danger
      onConfirm={async () => {
        await call(api.DELETE('/v1/keys/{id}', { params: { path: { id: apiKey.id } } }))
        refresh('/v1/keys', '/v1/audit')
        toast.good('Key revoked. It stops working within a minute.')
      }}
      onClose={onClose}
    >
      <p>Whoever uses this key is refused from then on. This cannot be undone.</p>
      <p class="muted">{`Last used: ${lastUsed(apiKey.last_used_at, Date.now()).toLowerCase()}.`}</p>
    </ConfirmDialog>
  )
}
