// Reads answers that contain JSON from elsewhere, such as an event's data, and keeps it as the text that was sent.
import { member, parts } from '../lib/json-text'
import type { EventAsPosted, TimelineItem } from './types'

export const readEvent = (text: string): EventAsPosted => ({
  ...JSON.parse(text),
  data: member(text, 'data') ?? '',
})

export const readTimeline = (text: string): TimelineItem[] =>
  parts(member(text, 'items') ?? '').map(({ json }) => ({ ...JSON.parse(json), metadata: member(json, 'metadata') }))
