import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import './panel.css'

/** A card of the page, with a heading of its own. `flush` for tables, which bring their own padding. */
export function Panel({
  title,
  hint,
  actions,
  flush,
  children,
}: {
  title?: string
  hint?: ComponentChildren
  actions?: ComponentChildren
  flush?: boolean
  children: ComponentChildren
}) {
  const id = useId()
  return (
    <section class="panel" aria-labelledby={title ? id : undefined}>
      {title && (
        <header class="panel-head">
          <div>
            <h2 id={id}>{title}</h2>
            {hint && <p class="panel-hint">{hint}</p>}
          </div>
          {actions && <div class="row">{actions}</div>}
        </header>
      )}
      <div class={flush ? '' : 'panel-body'}>{children}</div>
    </section>
  )
}

/** Facts under each other: a name and a value each; those without a value are left out. */
export function Facts({ items }: { items: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
