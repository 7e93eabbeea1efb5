import { ChevronLeft } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { hasNavigated, useEntry, usePath } from '../router/hash'
import { restoreScroll } from '../router/places'
import './page.css'

/** Longer titles are URLs and get a smaller font. */
const MAX_TITLE = 60

type Props = {
  title: string
  /** One sentence below the title. */
  description?: ComponentChildren
  /** The list that this page belongs to: `{label: 'Deliveries', href: href('/deliveries')}`. */
  back?: { label: string; href: string }
  actions?: ComponentChildren
  children: ComponentChildren
}

/** A page. Its title is the document's title and the `h1`, which gets the focus after navigation. */
export function Page({ title, description, back, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  const path = usePath()
  const entry = useEntry()
  useEffect(() => {
    document.title = `${title} · STACK Notifications`
  }, [title])
  useEffect(() => {
    if (hasNavigated()) heading.current?.focus({ preventScroll: true })
  }, [path])
  useEffect(restoreScroll, [path, entry])
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
