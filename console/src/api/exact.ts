// Reads answers that embed JSON of others, such as the data of an event, and keeps that JSON as its original text.
import { member, parts } from '../lib/json-text'
import type { EventAsPosted, TimelineItem } from './types'

export const readEvent = (text: string): EventAsPosted => ({
  ...JSON.parse(text),
  data: member(text, 'data') ?? '',
})

export const readTimeline = (text: string): TimelineItem[] =>
  parts(member(text, 'items') ?? '').map(({ json }) => ({ ...JSON.parse(json), metadata: member(json, 'metadata') }))
