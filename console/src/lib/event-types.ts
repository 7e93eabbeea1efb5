/** Whether a text is a custom event type: `custom.`, then words of letters, digits, `_` and `-`, separated by dots. */
export const isCustomType = (text: string): boolean => /^custom\.[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(text)

const familyNames: Record<string, string> = {
  passport: 'Passports and agents',
  agent: 'Passports and agents',
  destination: 'Destinations',
  user: 'Users and teams',
  team: 'Users and teams',
  team_membership: 'Users and teams',
  team_permission: 'Users and teams',
  alert: 'Alerts and reports',
  report: 'Alerts and reports',
  notification: 'Alerts and reports',
  analysis: 'Alerts and reports',
  'mail.message': 'Mail: messages',
  'mail.suppression': 'Mail: suppressions',
  'mail.otp': 'Mail: codes',
  'mail.template': 'Mail: templates',
  'mail.domain': 'Mail: domains',
  'mail.webhook': 'Mail: webhooks',
  custom: 'Custom',
}

/** The heading of a type in lists. */
export function family(type: string): string {
  const [first = '', second = ''] = type.split('.')
  return familyNames[`${first}.${second}`] ?? familyNames[first] ?? 'Other'
}

/** Groups types by heading, in the order of the catalogue. */
export function byFamily<T extends { type: string }>(types: readonly T[]): [family: string, types: T[]][] {
  const groups = new Map<string, T[]>()
  for (const type of types) {
    const name = family(type.type)
    groups.set(name, [...(groups.get(name) ?? []), type])
  }
  return [...groups]
}
