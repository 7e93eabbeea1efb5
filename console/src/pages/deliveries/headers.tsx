import type { Header } from '../../api/types'

/** A list of headers, in the order of the message. */
export function Headers({ title, headers, cut }: { title: string; headers: readonly Header[]; cut?: boolean }) {
  if (headers.length === 0) return null
  return (
    <section class="stack-s">
      <h3>{title}</h3>
      <dl class="headers">
        {headers.map(({ name, value }, index) => (
          <div key={`${index}-${name}`}>
            <dt>{name}</dt>
            <dd>{value ?? <span class="faint">Hidden: you have set this header.</span>}</dd>
          </div>
        ))}
      </dl>
      {cut && <p class="faint">The response had more headers than are kept.</p>}
    </section>
  )
}
