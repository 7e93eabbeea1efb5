import { useEffect } from 'preact/hooks'
import type { Whoami } from '../api/types'
import { Logo } from './logo'
import './sign-in.css'

/** Shown in place of the sign-in to the bearers of portal links, and in frames. */
export function PortalEnded({ ended }: { ended: boolean }) {
  const title = ended ? 'This link has ended' : 'Open this page with a link'
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <main class="sign-in">
      <div class="sign-in-card" role={ended ? 'alert' : undefined}>
        <div>
          <h1>{title}</h1>
          <p class="muted">
            {ended
              ? 'It has expired or was revoked. Go back to where you found it to get a new one.'
              : 'A page that shows the console in a frame needs a portal link. To sign in with a key, open the console in a tab of its own.'}
          </p>
        </div>
      </div>
    </main>
  )
}

/** The logo of the portal's owner, or its name. */
export function PortalLogo({ whoami }: { whoami: Whoami | null }) {
  const url = whoami?.theme?.logo_url
  if (url) return <img class="logo-image" src={url} alt={whoami.name} />
  return whoami ? <span class="logo">{whoami.name}</span> : <Logo />
}
