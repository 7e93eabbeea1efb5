import { LogOut } from 'lucide-preact'
import { useContext } from 'preact/hooks'
import { signOut } from '../api/session'
import type { Whoami } from '../api/types'
import { WhoamiContext } from '../api/whoami'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { ThemeChoice } from './theme-choice'

/** The account, the role of the key, the theme, and the button to sign out. */
export function Account() {
  const whoami = useContext(WhoamiContext)
  return (
    <div class="account">
      {whoami && <Owner {...whoami} />}
      <ThemeChoice />
      <Button size="s" variant="quiet" icon={<LogOut size={15} />} onClick={() => signOut()}>
        Sign out
      </Button>
    </div>
  )
}

const Owner = ({ email, role, plan, project_id }: Whoami) => (
  <div class="account-who">
    <p class="ellipsis" title={email}>
      {email}
    </p>
    <p class="row">
      <Badge tone={role === 'viewer' ? 'amber' : 'blue'} title="The role of your key">
        {role}
      </Badge>
      <span class="faint account-plan">{`${plan} plan`}</span>
    </p>
    {project_id && (
      <p class="faint ellipsis account-plan" title={project_id}>
        {`Project ${project_id}`}
      </p>
    )}
  </div>
)
