import type { PostedEvent } from '../api/types'

/** The values of the form for an event. */
export type EventDraft = {
  type: string
  /** '' for the default of the type. */
  severity: string
  data: string
  resourceType: string
  resourceId: string
  projectId: string
}

export type DraftErrors = { [field in keyof EventDraft]?: string }

/** The event to post as JSON, or a message for each invalid field. */
export function toEvent(draft: EventDraft): { json: string } | { errors: DraftErrors } {
  const errors: DraftErrors = {}
  if (!draft.type) errors.type = 'Choose an event type.'
  const problem = dataProblem(draft.data)
  if (problem) errors.data = problem
  if (draft.resourceId && !draft.resourceType) errors.resourceType = 'Enter the type of this resource.'
  if (draft.resourceType && !draft.resourceId) errors.resourceId = 'Enter the id of this resource.'
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
 * An event as JSON, with its data exactly as written. Parsing and serializing the data would change 1.50 to 1.5 and
 * round long numbers.
 */
export const eventJson = (
  event: Omit<PostedEvent, 'data' | 'severity'> & { severity?: string },
  data: string,
): string => `${JSON.stringify(event).slice(0, -1)},"data":${data.trim()}}`

/** Why a text is not a JSON object, as a sentence; null if it is one. */
export function dataProblem(text: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : 'check the syntax'}.`
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? null : 'The data must be a JSON object: {…}.'
}
