import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import { useWhoami } from '../../api/whoami'
import { LINK_LIFETIMES, ROLES } from '../../lib/keys'
import { absolute } from '../../lib/time'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { Select, TextField } from '../../ui/field'
import { FormError, Notice } from '../../ui/states'
import { SecretBox } from '../destinations/parts/secret-box'

type LinkRole = 'viewer' | 'editor'

const roles = ROLES.filter(({ value }) => value !== 'admin')

/** Creates a link that opens the console without a key. */
export function PortalLinkDialog({ onClose }: { onClose: () => void }) {
  const { project_id: boundTo } = useWhoami()
  const [values, setValues] = useState({
    name: '',
    role: 'viewer',
    project: boundTo ?? '',
    life: '3600',
    primary: '',
    background: '',
    logo: '',
  })
  const [made, setMade] = useState<{ url: string; expires_at: string } | null>(null)
  const set = (name: keyof typeof values) => (value: string) => setValues(all => ({ ...all, [name]: value }))
  const save = useAction(
    async () => {
      const { name, role, project, life, primary, background, logo } = values
      const theme = {
        ...(primary.trim() ? { primary: primary.trim() } : {}),
        ...(background.trim() ? { background: background.trim() } : {}),
        ...(logo.trim() ? { logo_url: logo.trim() } : {}),
      }
      const link = await call(
        api.POST('/v1/portal-links', {
          body: {
            role: role as LinkRole,
            expires_in_seconds: Number(life),
            theme,
            ...(name.trim() ? { name: name.trim() } : {}),
            ...(project.trim() ? { project_id: project.trim() } : {}),
          },
        }),
      )
      refresh('/v1/keys', '/v1/audit')
      // The page knows its own address, also behind a path that the API does not see.
      setMade({ ...link, url: `${location.origin}${location.pathname}${new URL(link.url).hash}` })
    },
    { quiet: true },
  )
  if (made) {
    return (
      <Dialog
        title="Portal link created"
        wide
        onClose={onClose}
        footer={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <Notice tone="warn">
          {`Whoever has this link can open the console until ${absolute(made.expires_at)}. It will not be shown again.`}
        </Notice>
        <SecretBox label="Link" secret={made.url} />
      </Dialog>
    )
  }
  return (
    <Dialog
      title="New portal link"
      onClose={onClose}
      onSubmit={() => void save.run()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button writes variant="primary" type="submit" busy={save.busy}>
            Create link
          </Button>
        </>
      }
    >
      <p>A portal link opens the console without a key, for example for a customer of yours.</p>
      <TextField
        label="Name"
        placeholder="Customer 4711"
        maxLength={100}
        autocomplete="off"
        value={values.name}
        onValue={set('name')}
        hint="Whom the link is for."
      />
      <Select label="Role" options={roles} value={values.role} onValue={set('role')} />
      {!boundTo && (
        <TextField
          label="Project (optional)"
          autocomplete="off"
          spellcheck={false}
          value={values.project}
          onValue={set('project')}
          hint="The link then shows this project only."
        />
      )}
      <Select label="Ends after" options={LINK_LIFETIMES} value={values.life} onValue={set('life')} />
      <TextField
        label="Main color (optional)"
        placeholder="#0b5c3f"
        autocomplete="off"
        spellcheck={false}
        value={values.primary}
        onValue={set('primary')}
      />
      <TextField
        label="Background color (optional)"
        placeholder="#f2f7f4"
        autocomplete="off"
        spellcheck={false}
        value={values.background}
        onValue={set('background')}
      />
      <TextField
        label="URL of a logo (optional)"
        placeholder="https://example.com/logo.svg"
        type="url"
        autocomplete="off"
        value={values.logo}
        onValue={set('logo')}
      />
      <FormError error={save.error} />
    </Dialog>
  )
}
