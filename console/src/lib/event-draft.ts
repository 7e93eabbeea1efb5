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

/** The event to post as JSON, or what is wrong with each field. */
export function toEvent(draft: EventDraft): { json: string } | { errors: DraftErrors } {
  const errors: DraftErrors = {}
  if (!draft.type) errors.type = 'Choose an event type.'
  const problem = dataProblem(draft.data)
  if (problem) errors.data = problem
  if (draft.resourceId && !draft.resourceType) errors.resourceType = 'Say what kind of thing the id is of.'
  if (draft.resourceType && !draft.resourceId) errors.resourceId = 'Say which one: give its id.'
  if (Object.keys(errors).length > 0) return { errors }
  const event = {
    type: draft.type,
    ...(draft.severity ? { severity: draft.severity } : {}),
    ...(draft.resourceType ? { resource: { type: draft.resourceType, id: draft.resourceId } } : {}),
    ...(draft.projectId ? { project_id: draft.projectId } : {}),
  }
  return { json: eventJson(event, draft.data) }
}

/**
 * An event as JSON, with its data as they were written: parsed and put into words anew, 1.50 would be 1.5, and a
 * number of twenty digits another one.
 */
export const eventJson = (
  event: Omit<PostedEvent, 'data' | 'severity'> & { severity?: string },
  data: string,
): string => `${JSON.stringify(event).slice(0, -1)},"data":${data.trim()}}`

/** A sentence that says why a text is no JSON object; null when it is one. */
export function dataProblem(text: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : 'check it'}.`
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? null : 'The data has to be a JSON object: {…}.'
}
