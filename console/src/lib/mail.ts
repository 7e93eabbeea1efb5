import { parts } from './json-text'
import type { Tone } from './tone'

/** How a step in the life of a mail is coloured, by the end of its type. */
export function mailTone(type: string): Tone {
  const step = type.split('.').at(-1)
  if (step === 'sent') return 'green'
  if (step === 'deferred' || step === 'suppressed') return 'amber'
  if (step === 'bounced' || step === 'failed') return 'red'
  return 'grey'
}

/** The facts of a step of a mail's life, as text, from its metadata in JSON. */
export function mailFacts(metadata: string | undefined): [name: string, value: string][] {
  return parts(metadata ?? '')
    .filter(({ json }) => json !== 'null' && json !== '""')
    .map(({ name, json }) => [name, json.startsWith('"') ? JSON.parse(json) : json])
}
