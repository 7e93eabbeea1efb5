/** The part of JSON Schema that the catalogue uses. */
export type Schema = {
  type?: string | string[]
  title?: string
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  enum?: unknown[]
  const?: unknown
  default?: unknown
  examples?: unknown[]
  example?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  format?: string
  minimum?: number
  $ref?: string
  $defs?: Record<string, Schema>
}

/** Deeper than any event of the catalogue. Recursive schemas end here. */
const MAX_DEPTH = 6

/** Sample data for a schema, from its examples if it has any, otherwise from the names of its fields. */
export function sample(schema: Schema, now: Date): unknown {
  return sampleOf(schema, '', { defs: schema.$defs ?? {}, now, depth: 0 })
}

type Context = { defs: Record<string, Schema>; now: Date; depth: number }

function sampleOf(schema: Schema, name: string, context: Context): unknown {
  const candidates = [schema.const, schema.default, schema.example, schema.examples?.[0], schema.enum?.[0]]
  const given = candidates.find(value => value !== undefined && value !== null)
  if (given !== undefined) return given
  const example = typeOf(schema) === 'string' ? /e\.g\. `([^`]+)`/.exec(schema.description ?? '')?.[1] : undefined
  if (example) return example
  if (context.depth > MAX_DEPTH) return null
  const below = { ...context, depth: context.depth + 1 }
  if (schema.$ref) return sampleOf(context.defs[schema.$ref.replace('#/$defs/', '')] ?? {}, name, below)
  const choice = (schema.anyOf ?? schema.oneOf)?.find(option => option.type !== 'null')
  if (choice) return sampleOf(choice, name, below)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(part => sampleOf(part, name, below)))

  switch (typeOf(schema)) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([field, inner]) => [
          field,
          // A field `id` identifies the object itself.
          sampleOf(inner, field === 'id' ? `${(schema.title ?? name).toLowerCase()}_id` : field, below),
        ]),
      )
    case 'array':
      return schema.items ? [sampleOf(schema.items, singular(name), below)] : []
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1)
    case 'boolean':
      return true
    case 'string':
      return text(schema, name, context.now)
    default:
      return null
  }
}

function typeOf({ type, properties, items }: Schema): string | undefined {
  const types = Array.isArray(type) ? type : [type]
  return types.find(one => one !== 'null' && one !== undefined) ?? (properties ? 'object' : items ? 'array' : undefined)
}

const singular = (name: string) => name.replace(/s$/, '')

/** A text by the field's format, otherwise by its name. */
function text({ format }: Schema, name: string, now: Date): string {
  const low = name.toLowerCase()
  if (format === 'date-time' || /(^|_)at$|[a-z]At$|timestamp/.test(name)) return now.toISOString()
  if (format === 'date') return now.toISOString().slice(0, 10)
  if (low.includes('url') || format === 'uri') return 'https://example.com/'
  if (low.includes('email') || low === 'to' || low === 'from' || format === 'email') return 'person@example.com'
  if (low === 'severity') return 'warning'
  if (/(^|_)id$/.test(low) || /Id$/.test(name)) return `${low.replace(/_?id$/, '') || 'id'}_123`
  if (/(^|_)name$/.test(low)) return 'Example'
  return words(name) || 'example'
}

/** `display_name` → `display name`. */
const words = (name: string) =>
  name
    .replaceAll('_', ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
