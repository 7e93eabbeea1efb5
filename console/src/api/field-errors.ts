import { ApiError } from './error'

/** The labels of a form's fields, by the names that the API uses. */
export type Labels = Record<string, string>

const NAMED = /^`([^`]+)`: ([\s\S]+)$/

/** The fields that the API named, each with its message. */
function reportedFields(error: unknown): { field: string; message: string }[] {
  if (!(error instanceof ApiError)) return []
  if (error.fields.length > 0) return error.fields
  const match = NAMED.exec(error.message)
  return match?.[1] && match[2] ? [{ field: match[1], message: match[2] }] : []
}

/** Writes the sentence for a field: `is missing` for the field "URL" becomes "URL is missing." */
function fieldSentence(label: string, message: string): string {
  const continuesLabel = /^(is|are|has|have|must|does|cannot|can)\b/.test(message)
  const text = continuesLabel ? `${label} ${message}` : message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** The field of the form that contains the API's field: `toEmails` for `toEmails[0]`. */
function formField(field: string, labels: Labels): string | undefined {
  return Object.keys(labels).find(
    name => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`),
  )
}

/** The name in the sentence: `Host` for `headers.Host`, and the field's label otherwise. */
function displayName(field: string, name: string, labels: Labels): string {
  if (field.startsWith(`${name}.`)) return field.slice(name.length + 1)
  return (labels[name] ?? name).replace(/ \(optional\)$/, '')
}

/** The message for each field of the form, by the name that the API uses. */
export function fieldErrors(error: unknown, labels: Labels): Record<string, string> {
  const errors: Record<string, string> = {}
  for (const { field, message } of reportedFields(error)) {
    const name = formField(field, labels)
    if (name !== undefined && !(name in errors)) errors[name] = fieldSentence(displayName(field, name, labels), message)
  }
  return errors
}

/** Whether the messages of the fields say everything that the API said. */
export function fieldsCoverAll(error: unknown, labels: Labels): boolean {
  const fields = reportedFields(error)
  return fields.length > 0 && fields.every(({ field }) => formField(field, labels) !== undefined)
}
