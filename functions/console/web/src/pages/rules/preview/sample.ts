// Sample data for an event, made from the JSON Schema of its type.

type Schema = {
  type?: string | string[]
  properties?: Record<string, Schema>
  items?: Schema
  required?: string[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  examples?: unknown[]
  example?: unknown
  format?: string
  minimum?: number
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  description?: string
}

const MOST_DEPTH = 6

/** A value that fits a schema, with words that look like those of real life. */
export function sample(schema: unknown, now: Date = new Date()): Record<string, unknown> {
  const root = isSchema(schema) ? schema : {}
  const value = of(root, '', { defs: root.$defs ?? {}, now, depth: 0 })
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

type Around = { defs: Record<string, Schema>; now: Date; depth: number }

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null

function of(schema: Schema, name: string, around: Around): unknown {
  const given = schema.const ?? schema.examples?.[0] ?? schema.example ?? schema.default ?? schema.enum?.[0]
  if (given !== undefined) return given
  if (around.depth > MOST_DEPTH) return null
  const inside = { ...around, depth: around.depth + 1 }
  const other = referred(schema, around) ?? (schema.anyOf ?? schema.oneOf)?.find(one => !isNull(one))
  if (other) return of(other, name, inside)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(part => of(part, name, inside)))
  const type = kind(schema)
  if (type === 'object') return fields(schema, inside)
  if (type === 'array') return schema.items ? [of(schema.items, singular(name), inside)] : []
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1)
  if (type === 'null') return null
  return text(name, schema, around.now)
}

function referred({ $ref }: Schema, { defs }: Around): Schema | undefined {
  return $ref === undefined ? undefined : defs[$ref.replace(/^#\/(\$defs|definitions)\//, '')]
}

const isNull = ({ type }: Schema) => type === 'null'

/** The first of its types that is not null. */
function kind({ type, properties }: Schema): string | undefined {
  if (Array.isArray(type)) return type.find(one => one !== 'null') ?? 'null'
  return type ?? (properties ? 'object' : undefined)
}

const fields = ({ properties = {} }: Schema, around: Around) =>
  Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, of(field, name, around)]))

const singular = (name: string): string => name.replace(/s$/, '')

/** Words for a text field, by its format and name. */
function text(name: string, { format, description }: Schema, now: Date): string {
  const low = name.toLowerCase()
  if (format === 'date-time' || /(_at|At)$/.test(name) || low === 'timestamp') return now.toISOString()
  if (format === 'email' || /email/.test(low) || low === 'to') return 'ada@example.com'
  if (format === 'uri' || format === 'url' || /url$/.test(low)) return 'https://example.com'
  if (/(^|_)id$/.test(low) || /Id$/.test(name)) return `${low.replace(/_?id$/, '') || 'item'}_1`
  if (low === 'severity') return 'medium'
  if (/name$/.test(low)) return 'Ada Lovelace'
  // A description often names a value: What kind of thing, e.g. `undeclared_service`.
  return /`([^`]+)`/.exec(description ?? '')?.[1] ?? known[low] ?? `Sample ${low.replaceAll('_', ' ') || 'text'}`
}

const known: Record<string, string> = {
  title: 'Disk almost full',
  body: 'The disk of db-1 is 92 % full.',
  message: 'Port 8443 answers, but is not declared',
  summary: 'Two findings need a look.',
  domain: 'example.com',
  label: 'Host',
  value: 'db-1',
}
