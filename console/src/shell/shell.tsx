import { Ellipsis, Eye } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useReadOnlyReason } from '../api/whoami'
import { usePath } from '../router/hash'
import { Dialog } from '../ui/dialog'
import { Notice } from '../ui/states'
import { Account } from './account'
import { Logo } from './logo'
import { isUnder, Links, pages } from './navigation'
import { SearchButton } from './search'
import './shell.css'

/** On a phone, the bar at the bottom has room for four pages. The others are behind "More". */
const IN_BAR = 4

/** The frame of every page: the navigation (on phones at the bottom) and the account. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [more, setMore] = useState(false)
  const path = usePath()
  const readOnly = useReadOnlyReason()
  const inMore = pages.slice(IN_BAR).some(page => isUnder(page.path, path))
  return (
    <div class="shell">
      {/* A button, not a link: the address after `#` selects the page. */}
      <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
        Skip to content
      </button>
      <aside class="sidebar" aria-label="Console">
        <Logo />
        <SearchButton />
        <nav aria-label="Pages">
          <Links entries={pages} />
        </nav>
        <Account />
      </aside>
      <header class="topbar">
        <Logo />
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
            <Links entries={pages.slice(IN_BAR)} onGo={() => setMore(false)} />
          </nav>
          <Account />
        </Dialog>
      )}
    </div>
  )
}
