import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import './panel.css'

/** A card with a heading. `flush` removes the padding, for tables. */
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

/** A list of names and values. Items without a value are left out. */
export function Facts({ items }: { items: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
