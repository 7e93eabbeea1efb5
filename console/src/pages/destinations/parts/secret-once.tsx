import { KeyRound } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { MadeBy } from '../../../api/types'
import { Notice } from '../../../ui/states'
import { HowToVerify } from './how-to-verify'
import { SecretBox } from './secret-box'

/** A secret that cannot be shown again, and how to use it. */
export function SecretOnce({
  secret,
  madeBy,
  children,
}: {
  secret: string
  madeBy: MadeBy
  children?: ComponentChildren
}) {
  return (
    <div class="stack">
      <Notice tone="warn" icon={<KeyRound size={16} />}>
        Copy the secret now and give it to your receiver. It will not be shown again.
      </Notice>
      <SecretBox label="Signing secret" secret={secret} />
      {children}
      <HowToVerify madeBy={madeBy} />
    </div>
  )
}
