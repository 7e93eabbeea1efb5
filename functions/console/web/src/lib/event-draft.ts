import type { PostedEvent } from '../api/types'

/** What the form for an event holds. */
export type EventDraft = {
  type: string
  /** '' for the type's own. */
  severity: string
  data: string
  resourceType: string
  resourceId: string
  projectId: string
}

export type DraftErrors = { [field in keyof EventDraft]?: string }

/** The event to post, or what is wrong with each field. */
export function toEvent(draft: EventDraft): { event: PostedEvent } | { errors: DraftErrors } {
  const errors: DraftErrors = {}
  if (!draft.type) errors.type = 'Choose an event type.'
  const data = parseObject(draft.data)
  if (typeof data === 'string') errors.data = data
  if (draft.resourceId && !draft.resourceType) errors.resourceType = 'Say what kind of thing the id is of.'
  if (draft.resourceType && !draft.resourceId) errors.resourceId = 'Say which one: give its id.'
  if (Object.keys(errors).length > 0 || typeof data === 'string') return { errors }
  return {
    event: {
      type: draft.type,
      data,
      ...(draft.severity ? { severity: draft.severity } : {}),
      ...(draft.resourceType ? { resource: { type: draft.resourceType, id: draft.resourceId } } : {}),
      ...(draft.projectId ? { project_id: draft.projectId } : {}),
    },
  }
}

/** A JSON object, or a sentence that says why the text is none. */
export function parseObject(text: string): Record<string, never> | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : 'check it'}.`
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, never>)
    : 'The data has to be a JSON object: {…}.'
}
