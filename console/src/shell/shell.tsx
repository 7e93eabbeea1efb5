import { Ellipsis, Eye } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useContext, useState } from 'preact/hooks'
import { session } from '../api/session'
import { useRefusal, WhoamiContext } from '../api/whoami'
import { limits } from '../lib/permissions'
import { useStore } from '../lib/store'
import { usePath } from '../router/hash'
import { Dialog } from '../ui/dialog'
import { Notice } from '../ui/states'
import { Account } from './account'
import { Logo } from './logo'
import { isUnder, Links, pages, settings } from './navigation'
import { PortalLogo } from './portal'
import { SearchButton } from './search'
import './shell.css'

/** On a phone, the bar at the bottom has room for four pages. The others are behind "More". */
const IN_BAR = 4

/** The frame of every page: the navigation (on phones at the bottom) and the account. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [more, setMore] = useState(false)
  const path = usePath()
  const whoami = useContext(WhoamiContext)
  const readOnly = whoami && limits(whoami)
  const { portal } = useStore(session)
  const forAdmins = useRefusal('account') === null && whoami ? settings : []
  const logo = portal ? <PortalLogo whoami={whoami} /> : <Logo />
  const inMore = [...pages.slice(IN_BAR), ...forAdmins].some(page => isUnder(page.path, path))
  return (
    <div class="shell">
      {/* A button, not a link: the address after `#` selects the page. */}
      <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
        Skip to content
      </button>
      <aside class="sidebar" aria-label="Console">
        {logo}
        <SearchButton />
        <nav aria-label="Pages">
          <Links entries={pages} />
          {forAdmins.length > 0 && (
            <>
              <p class="nav-group">Settings</p>
              <Links entries={forAdmins} />
            </>
          )}
        </nav>
        {!portal && <Account />}
      </aside>
      <header class="topbar">
        {logo}
        <SearchButton icon />
      </header>
      <main class="main">
        {readOnly && (
          <div class="shell-notice">
            <Notice tone="warn" icon={<Eye size={16} />}>
              {readOnly}
            </Notice>
          </div>
        )}
        {children}
      </main>
      <nav class="tabbar" aria-label="Pages">
        <Links entries={pages.slice(0, IN_BAR)} />
        <button
          type="button"
          class="nav-link"
          aria-haspopup="dialog"
          aria-current={inMore ? 'true' : undefined}
          onClick={() => setMore(true)}
        >
          <Ellipsis size={17} aria-hidden="true" />
          <span>More</span>
        </button>
      </nav>
      {more && (
        <Dialog title="More" onClose={() => setMore(false)}>
          <nav aria-label="More pages">
            <Links entries={[...pages.slice(IN_BAR), ...forAdmins]} onGo={() => setMore(false)} />
          </nav>
          {!portal && <Account />}
        </Dialog>
      )}
    </div>
  )
}
