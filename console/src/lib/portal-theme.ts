import type { Whoami } from '../api/types'

type Theme = NonNullable<Whoami['theme']>

/** The tokens that a theme replaces. The API has checked the contrast. */
export function themeTokens(theme: Theme): [name: string, value: string][] {
  const { primary, on_primary, background } = theme
  const tokens: [string, string | null | undefined][] = [
    ['--accent', primary],
    ['--accent-fill', primary],
    ['--accent-fill-hover', primary],
    ['--focus', primary],
    ['--on-accent', on_primary],
    // The default tint is blue.
    ['--accent-tint', primary && 'var(--surface-inset)'],
    ['--bg', background],
  ]
  return tokens.filter((token): token is [string, string] => Boolean(token[1]))
}

/** Applies the theme of a portal link to the page. Returns a function that removes it. */
export function applyPortalTheme(theme: Theme): () => void {
  const root = document.documentElement
  const before = root.getAttribute('data-theme')
  const tokens = themeTokens(theme)
  for (const [name, value] of tokens) root.style.setProperty(name, value)
  if (theme.scheme) root.setAttribute('data-theme', theme.scheme)
  return () => {
    for (const [name] of tokens) root.style.removeProperty(name)
    if (before === null) root.removeAttribute('data-theme')
    else root.setAttribute('data-theme', before)
  }
}
