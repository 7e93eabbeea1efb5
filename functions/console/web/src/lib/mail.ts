import type { Tone } from '../ui/badge'

/** How a step in the life of a mail is coloured, by the end of its type. */
export function mailTone(type: string): Tone {
  const step = type.split('.').at(-1)
  if (step === 'sent') return 'green'
  if (step === 'deferred' || step === 'suppressed') return 'amber'
  if (step === 'bounced' || step === 'failed') return 'red'
  return 'grey'
}

/** The facts that a step of a mail's life brings, as text. */
export function mailFacts(metadata: Record<string, unknown> | undefined): [name: string, value: string][] {
  return Object.entries(metadata ?? {})
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
}
