type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

/** The values of all fields below an element as one text, to see whether they have changed. Searches are left out. */
export function fieldValues(within: Element | null): string {
  const fields = [...(within?.querySelectorAll<Field>('input:not([type=search]), select, textarea') ?? [])]
  return JSON.stringify(
    fields.map(field => (field instanceof HTMLInputElement && isChoice(field) ? field.checked : field.value)),
  )
}

const isChoice = ({ type }: HTMLInputElement) => type === 'checkbox' || type === 'radio'
