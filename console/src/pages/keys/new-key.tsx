import { KeyRound } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useAction } from '../../api/action'
import { refresh } from '../../api/changes'
import { api, call } from '../../api/client'
import type { Whoami } from '../../api/types'
import { useWhoami } from '../../api/whoami'
import { LIFETIMES, ROLES } from '../../lib/keys'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { Checkbox, Select, TextField } from '../../ui/field'
import { FormError, Notice } from '../../ui/states'
import { SecretBox } from '../destinations/parts/secret-box'

/** Creates a key, and shows it once. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const { project_id: boundTo } = useWhoami()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Whoami['role']>('viewer')
  const [writesConfig, setWritesConfig] = useState(false)
  const [project, setProject] = useState(boundTo ?? '')
  const [life, setLife] = useState('')
  const [created, setCreated] = useState<string | null>(null)
  const save = useAction(
    async () => {
      const body = {
        role,
        permissions: writesConfig && role !== 'admin' ? ['config:write'] : [],
        ...(name.trim() ? { name: name.trim() } : {}),
        ...(project.trim() ? { project_id: project.trim() } : {}),
        ...(life ? { expires_in_seconds: Number(life) } : {}),
      }
      const { api_key } = await call(api.POST('/v1/keys', { body }))
      refresh('/v1/keys', '/v1/audit')
      setCreated(api_key)
    },
    { quiet: true },
  )
  if (created !== null) return <KeyOnce apiKey={created} onClose={onClose} />
  return (
    <Dialog
      title="New key"
      onClose={onClose}
      onSubmit={() => void save.run()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button writes variant="primary" type="submit" busy={save.busy}>
            Create key
          </Button>
        </>
      }
    >
      <TextField
        label="Name"
        placeholder="CI of the shop"
        maxLength={100}
        autocomplete="off"
        value={name}
        onValue={setName}
        hint="What the key is for. The list of keys and the audit log show it."
      />
      <Select label="Role" options={ROLES} value={role} onValue={value => setRole(value as Whoami['role'])} />
      {role !== 'admin' && (
        <Checkbox
          label="Can change project channels"
          hint="The permission config:write."
          checked={writesConfig}
          onChecked={setWritesConfig}
        />
      )}
      {boundTo ? (
        <Notice>{`Your key is bound to the project ${boundTo}, and so is the new one.`}</Notice>
      ) : (
        <TextField
          label="Project (optional)"
          autocomplete="off"
          spellcheck={false}
          value={project}
          onValue={setProject}
          hint="The key then sees this project only."
        />
      )}
      <Select label="Expires" options={LIFETIMES} value={life} onValue={setLife} />
      <FormError error={save.error} />
    </Dialog>
  )
}

/** Shows a new key. Closing the dialog in another way than with its button needs a second try. */
function KeyOnce({ apiKey, onClose }: { apiKey: string; onClose: () => void }) {
  const [warned, setWarned] = useState(false)
  return (
    <Dialog
      title="Key created"
      wide
      onClose={() => (warned ? onClose() : setWarned(true))}
      footer={
        <Button variant="primary" onClick={onClose}>
          I have stored it
        </Button>
      }
    >
      <div role="alert" class={warned ? '' : 'hidden'}>
        {warned && (
          <Notice tone="bad">
            The key will not be shown again. If you have stored it, close the dialog once more.
          </Notice>
        )}
      </div>
      <Notice tone="warn" icon={<KeyRound size={16} />}>
        Copy the key now and store it where secrets belong. It will not be shown again.
      </Notice>
      <SecretBox label="API key" secret={apiKey} />
    </Dialog>
  )
}
