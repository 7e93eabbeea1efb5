import { type ComponentChild, h } from 'preact'

/** The elements that our mails consist of. All others are left out, with what is in them. */
const TAGS: Record<string, string> = {
  table: 'table',
  tbody: 'tbody',
  tr: 'tr',
  th: 'th',
  td: 'td',
  p: 'p',
  div: 'div',
  span: 'span',
  a: 'a',
  br: 'br',
  // The page has its own headings.
  h1: 'p',
  h2: 'p',
}
const CLASSES =
  /^(page|outer|column|brand|card|bar|inner|pill|muted|rows|mark|step|mono|code|foot|info|warning|critical)$/

/**
 * The HTML part of a mail as elements. The text of an event is escaped in it, so it only has our own markup: known
 * elements, texts and links to the web. Everything else, such as styles, is left out: the page's policy forbids inline
 * styles, also in frames. The classes get styles of the page.
 */
export function mailContent(html: string): ComponentChild[] {
  // Text of events has no quotes or angle brackets, so these match our own markup only. A parser would apply the styles.
  const bare = html.replace(/<style>[\s\S]*?<\/style>/g, '').replace(/ style="[^"]*"/g, '')
  return parts(new DOMParser().parseFromString(bare, 'text/html').body)
}

const parts = (of: Element): ComponentChild[] => [...of.childNodes].flatMap(part)

function part(node: ChildNode, key: number): ComponentChild[] {
  if (node.nodeType === Node.TEXT_NODE) return [node.textContent ?? '']
  if (!(node instanceof Element) || node.classList.contains('preheader')) return []
  const name = node.localName
  const tag = TAGS[name]
  if (!tag) return []
  const classes = [...node.classList, ...(name === tag ? [] : [name])].filter(
    one => CLASSES.test(one) || /^h\d$/.test(one),
  )
  const address = name === 'a' ? node.getAttribute('href') : null
  const link = address && /^https?:/.test(address) ? { href: address, target: '_blank', rel: 'noreferrer' } : {}
  const layout = name === 'table' && !node.classList.contains('rows') ? { role: 'presentation' } : {}
  const scope = name === 'th' ? { scope: 'row' } : {}
  const props: Record<string, unknown> = {
    key,
    class: classes.map(one => `mail-${one}`).join(' '),
    ...link,
    ...layout,
    ...scope,
  }
  return [name === 'br' ? h('br', { key }) : h(tag, props, parts(node))]
}
