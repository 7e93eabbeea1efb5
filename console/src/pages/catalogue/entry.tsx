import { ChevronRight, Plus } from 'lucide-preact'
import { useState } from 'preact/hooks'
import type { EventType } from '../../api/types'
import { plural } from '../../lib/plural'
import { ruleLabel } from '../../lib/rule-label'
import { fieldsOf, type Schema } from '../../lib/schema-fields'
import { href, navigate } from '../../router/hash'
import { Badge, SeverityBadge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Json } from '../../ui/json'
import type { Takers } from './use-takers'

/** A type of the catalogue, or one of the account's own. */
export type Listed = Pick<EventType, 'type' | 'label' | 'severity'> &
  Partial<Pick<EventType, 'api' | 'schema' | 'example'>>

/** A type of event. Its details are rendered once it is opened. */
export function Entry({ type, takers }: { type: Listed; takers: Takers | null }) {
  const [open, setOpen] = useState(false)
  const count = takers && takers.rules.length + takers.endpoints.length
  return (
    <li>
      <details class="catalogue-type" onToggle={event => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="catalogue-name">
            <ChevronRight size={14} aria-hidden="true" />
            <code>{type.type}</code>
            <span class="muted">{type.label}</span>
          </span>
          <SeverityBadge severity={type.severity} />
          <span class="catalogue-takers">
            {count === null ? null : count > 0 ? (
              <Badge tone="green">{takersText(takers)}</Badge>
            ) : (
              <Badge>No rule takes it</Badge>
            )}
          </span>
        </summary>
        {open && <Details type={type} takers={takers} />}
      </details>
    </li>
  )
}

function takersText(takers: Takers | null): string {
  const { rules = [], endpoints = [] } = takers ?? {}
  const texts = [
    rules.length > 0 && plural(rules.length, 'rule'),
    endpoints.length > 0 && plural(endpoints.length, 'endpoint'),
  ]
  return texts.filter(Boolean).join(', ')
}

function Details({ type, takers }: { type: Listed; takers: Takers | null }) {
  return (
    <div class="catalogue-details stack">
      <Taken type={type.type} takers={takers} />
      {type.schema ? <Fields schema={type.schema as Schema} /> : <p>Its data can be any JSON object.</p>}
      {type.example && (
        <section class="stack-s">
          <h3>Example of its data</h3>
          <Json text={JSON.stringify(type.example)} label={`example of ${type.type}`} />
        </section>
      )}
      {type.schema && (
        <details class="message-source">
          <summary>JSON Schema</summary>
          <Json text={JSON.stringify(type.schema)} label={`schema of ${type.type}`} />
        </details>
      )}
      <p class="muted">
        {type.api
          ? `${apis[type.api] ?? type.api}. Events that are posted without a severity have ${type.severity}.`
          : 'One of your own types. It was found in your rules or among your newest events.'}
      </p>
    </div>
  )
}

const apis: Record<string, string> = {
  stack: 'A type of the STACK API',
  mail: 'A type of the Mail API',
  providers: 'A type of the Providers API',
  config: 'A type of the Config API',
  stack_auth: 'A type of Stack Auth',
}

function Taken({ type, takers }: { type: string; takers: Takers | null }) {
  const links = [
    ...(takers?.rules ?? []).map(rule => ({ to: href(`/rules/${rule.id}`), text: `Rule: ${ruleLabel(rule)}` })),
    ...(takers?.endpoints ?? []).map(({ id, url }) => ({ to: href(`/webhooks/${id}`), text: `Endpoint: ${url}` })),
  ]
  return (
    <section class="stack-s">
      <h3>Who takes it</h3>
      {takers && links.length === 0 && <p>No rule takes it, so its events are stored and sent to nobody.</p>}
      {links.length > 0 && (
        <ul class="stack-s">
          {links.map(({ to, text }) => (
            <li key={to}>
              <a href={to}>{text}</a>
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button writes size="s" icon={<Plus size={14} />} onClick={() => navigate('/rules/new', { event: type })}>
          New rule
        </Button>
      </div>
    </section>
  )
}

/** A text whose words between backticks are code. */
const withCode = (text: string) =>
  text.split('`').map((part, index) => (index % 2 ? <code key={part}>{part}</code> : part))

function Fields({ schema }: { schema: Schema }) {
  return (
    <section class="stack-s">
      <h3>Fields of its data</h3>
      <dl class="catalogue-fields">
        {fieldsOf(schema).map(({ name, type, required, description }) => (
          <div key={name}>
            <dt>
              <code>{name}</code> <span class="faint">{required ? `${type}, required` : type}</span>
            </dt>
            <dd>{withCode(description)}</dd>
          </div>
        ))}
      </dl>
      <p class="field-hint">Other fields are passed on as they are.</p>
    </section>
  )
}
