import { kept } from './kept'
import { createStore } from './store'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
const keptTheme = kept(() => localStorage, 'stack.theme')

const isTheme = (text: string | null): text is Theme => THEMES.includes(text as Theme)

function stored(): Theme {
  const text = keptTheme.get()
  return isTheme(text) ? text : 'system'
}

export const theme = createStore<Theme>(stored())

function apply(): void {
  const chosen = theme.get()
  if (chosen === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.setAttribute('data-theme', chosen)
}

/** Puts the stored choice into force, and every later one. */
export function startTheme(): void {
  apply()
  theme.subscribe(() => {
    keptTheme.set(theme.get())
    apply()
  })
}
