import type { RefObject } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { fieldErrors, fieldsCoverAll, type Labels } from './field-errors'

type FormErrors = {
  /** What to show beside the field that the server calls so. */
  of: (field: string) => string | null
  /** What no field says, for the end of the form. */
  rest: Error | null
  /** The element around the fields: the first wrong one in it gets the focus. */
  form: RefObject<HTMLDivElement>
}

/** Puts the server's sentences beside the fields that they name. `labels` must be the same object in every render. */
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
