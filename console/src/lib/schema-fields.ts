/** The part of JSON Schema that the catalogue uses. */
export type Schema = {
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  anyOf?: Schema[]
  format?: string
}

export type SchemaField = { name: string; type: string; required: boolean; description: string }

/** All fields of a schema, those of inner objects with their path: `flags[].message`. */
export function fieldsOf(schema: Schema, prefix = ''): SchemaField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([field, inner]) => {
    const name = prefix + field
    const required = schema.required?.includes(field) ?? false
    const own = { name, type: typeName(inner), required, description: inner.description ?? '' }
    return [own, ...fieldsOf(inner, `${name}.`), ...fieldsOf(inner.items ?? {}, `${name}[].`)]
  })
}

/** The type of a field in words; null is left out, because every optional field may be null. */
function typeName(schema: Schema): string {
  if (schema.format === 'date-time') return 'time'
  if (schema.enum) return schema.enum.filter(value => value !== null).join(' or ')
  const choice = schema.anyOf?.find(one => one.type !== 'null')
  if (choice) return typeName(choice)
  const types = [schema.type ?? 'any'].flat().filter(type => type !== 'null')
  return schema.items ? `list of ${typeName(schema.items)}` : types.join(' or ')
}
