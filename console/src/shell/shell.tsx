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
import './shell.css'

/** On a phone the first four pages have a place in the bar at the bottom; the rest is behind "More". */
const IN_BAR = 4

/** What is around every page: navigation at the side, on phones at the bottom, and who has signed in. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [more, setMore] = useState(false)
  const path = usePath()
  const readOnly = useReadOnlyReason()
  const inMore = pages.slice(IN_BAR).some(page => isUnder(page.path, path))
  return (
    <div class="shell">
      {/* A button and no link: the address after `#` is the page's own. */}
      <button type="button" class="skip" onClick={() => document.querySelector('h1')?.focus()}>
        Skip to the page
      </button>
      <aside class="sidebar" aria-label="Console">
        <Logo />
        <nav aria-label="Pages">
          <Links entries={pages} />
        </nav>
        <Account />
      </aside>
      <header class="topbar">
        <Logo />
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
