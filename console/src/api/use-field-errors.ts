import type { RefObject } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { fieldErrors, fieldsCoverAll, type Labels } from './field-errors'

type FormErrors = {
  /** The message beside a field, by the name that the API uses. */
  of: (field: string) => string | null
  /** The error for the end of the form, unless the messages of the fields say everything. */
  rest: Error | null
  /** The element around the fields. The first invalid field in it gets the focus. */
  form: RefObject<HTMLDivElement>
}

/** Assigns the API's messages to the fields of a form. `labels` must be the same object in every render. */
export function useFieldErrors(error: Error | null, labels: Labels): FormErrors {
  const form = useRef<HTMLDivElement>(null)
  const found = useMemo(() => fieldErrors(error, labels), [error, labels])
  useEffect(() => {
    if (Object.keys(found).length === 0) return
    form.current?.querySelector<HTMLElement>('[aria-invalid], [data-invalid] input')?.focus()
  }, [found])
  return {
    of: field => found[field] ?? null,
    rest: error && !fieldsCoverAll(error, labels) ? error : null,
    form,
  }
}
