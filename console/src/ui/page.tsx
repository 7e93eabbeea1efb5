import { ChevronLeft } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { hasNavigated, usePath } from '../router/hash'
import './page.css'

/** More letters than this are a URL, which is to be read and not to shout. */
const MAX_TITLE = 60

type Props = {
  title: string
  /** One sentence under the title. */
  description?: ComponentChildren
  /** Where this page's list is: `{label: 'Deliveries', href: href('/deliveries')}`. */
  back?: { label: string; href: string }
  actions?: ComponentChildren
  children: ComponentChildren
}

/** A page: its title in the window and as the `h1`, which gets the focus when somebody comes here from another page. */
export function Page({ title, description, back, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  const path = usePath()
  useEffect(() => {
    document.title = `${title} · STACK Notifications`
  }, [title])
  useEffect(() => {
    if (!hasNavigated()) return
    heading.current?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [path])
  return (
    <div class="page">
      {back && (
        <a class="page-back" href={back.href}>
          <ChevronLeft size={15} aria-hidden="true" />
          {back.label}
        </a>
      )}
      <header class="page-head">
        <div class="page-title">
          <h1 ref={heading} tabIndex={-1} class={title.length > MAX_TITLE ? 'page-long' : ''}>
            <bdi>{title}</bdi>
          </h1>
          {description && <div class="page-description">{description}</div>}
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
