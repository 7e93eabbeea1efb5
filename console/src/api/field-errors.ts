import { ApiError } from './error'

/** The server's names of a form's fields, each with the label that people see. */
export type Labels = Record<string, string>

const NAMED = /^`([^`]+)`: ([\s\S]+)$/

/** Which field the server names, and what it says of it. */
function reportedFields(error: unknown): { field: string; message: string }[] {
  if (!(error instanceof ApiError)) return []
  if (error.fields.length > 0) return error.fields
  const match = NAMED.exec(error.message)
  return match?.[1] && match[2] ? [{ field: match[1], message: match[2] }] : []
}

/** `is missing` beside the field "URL" reads "URL is missing." */
function fieldSentence(label: string, message: string): string {
  const continuesLabel = /^(is|are|has|have|must|does|cannot|can)\b/.test(message)
  const text = continuesLabel ? `${label} ${message}` : message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** The form's field that a name of the server's is, or is a part of: `toEmails[0]` is of `toEmails`. */
function formField(field: string, labels: Labels): string | undefined {
  return Object.keys(labels).find(
    name => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`),
  )
}

/** A part with a name of its own (`headers.Host`) goes by that, everything else by its field's label. */
function displayName(field: string, name: string, labels: Labels): string {
  if (field.startsWith(`${name}.`)) return field.slice(name.length + 1)
  return (labels[name] ?? name).replace(/ \(optional\)$/, '')
}

/** What is wrong with each field of the form, under the server's name of it. */
export function fieldErrors(error: unknown, labels: Labels): Record<string, string> {
  const errors: Record<string, string> = {}
  for (const { field, message } of reportedFields(error)) {
    const name = formField(field, labels)
    if (name !== undefined && !(name in errors)) errors[name] = fieldSentence(displayName(field, name, labels), message)
  }
  return errors
}

/** Whether the fields say all that the server has said. */
export function fieldsCoverAll(error: unknown, labels: Labels): boolean {
  const fields = reportedFields(error)
  return fields.length > 0 && fields.every(({ field }) => formField(field, labels) !== undefined)
}
