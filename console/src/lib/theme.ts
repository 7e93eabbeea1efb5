import { createStore } from './store'
import { storedText } from './stored-text'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
const storedTheme = storedText(() => localStorage, 'stack.theme')

const isTheme = (text: string | null): text is Theme => THEMES.includes(text as Theme)

function initialTheme(): Theme {
  const text = storedTheme.get()
  return isTheme(text) ? text : 'system'
}

export const theme = createStore<Theme>(initialTheme())

function apply(): void {
  const chosen = theme.get()
  if (chosen === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.setAttribute('data-theme', chosen)
}

/** Applies the stored theme, and every later choice. */
export function startTheme(): void {
  apply()
  theme.subscribe(() => {
    storedTheme.set(theme.get())
    apply()
  })
}
