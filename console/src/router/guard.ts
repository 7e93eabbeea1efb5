// Keeps the page of an unsaved form: asks before a link, the browser's buttons, or closing the tab lose its input.
import { useEffect, useRef } from 'preact/hooks'
import { createStore } from '../lib/store'

type Form = { title: string; isDirty: () => boolean }

/** The forms on the screen. The last one is on top. */
const forms = new Set<Form>()

const dirtyForm = (): Form | undefined => [...forms].findLast(form => form.isDirty())

/** The open question, and what to do if the answer is to discard the input. */
export const question = createStore<{ title: string; discard: () => void } | null>(null)

export const guard = {
  /** Whether a form has unsaved input. */
  isSet: (): boolean => dirtyForm() !== undefined,
  /** Continues at once, or if there is unsaved input, once the user has agreed to discard it. */
  ask: (then: () => void): void => {
    const form = dirtyForm()
    if (!form) {
      then()
      return
    }
    question.set({
      title: form.title,
      discard: () => {
        forms.clear()
        question.set(null)
        // After the question has closed, because it returns the focus into the form.
        setTimeout(then)
      },
    })
  },
}

addEventListener('beforeunload', event => {
  if (guard.isSet()) event.preventDefault()
})

/** While `isDirty`, leaving the form asks this question first, such as "Discard this rule?". */
export function useUnsaved(isDirty: () => boolean, title: string): void {
  const latest = useRef(isDirty)
  latest.current = isDirty
  useEffect(() => {
    const form = { title, isDirty: () => latest.current() }
    forms.add(form)
    return () => {
      forms.delete(form)
    }
  }, [title])
}
