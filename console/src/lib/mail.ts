import { parts } from './json-text'
import type { Tone } from './tone'

/** The tone of a step in the timeline of a mail, by the last part of its type. */
export function mailTone(type: string): Tone {
  const step = type.split('.').at(-1)
  if (step === 'sent') return 'green'
  if (step === 'deferred' || step === 'suppressed') return 'amber'
  if (step === 'bounced' || step === 'failed') return 'red'
  return 'grey'
}

/** The metadata of a step as pairs of text, from its JSON. Null and empty values are left out. */
export function mailFacts(metadata: string | undefined): [name: string, value: string][] {
  return parts(metadata ?? '')
    .filter(({ json }) => json !== 'null' && json !== '""')
    .map(({ name, json }) => [name, json.startsWith('"') ? JSON.parse(json) : json])
}
