// Reads the body of a message to a chat platform, so that it can be shown as the platform does. Only reads what our
// own code writes (`shared/outbound/src/chat`); anything else is shown as JSON.

/** A message as people see it. All texts are plain, without the platform's escapes. */
export type ChatMessage = {
  title: string
  /** `#rrggbb`, or null if the platform chooses the color by `tone`. */
  color: string | null
  /** The style of a Teams container. */
  tone: string | null
  subtitle: string | null
  text: string | null
  fields: { name: string; value: string }[]
  notes: string[]
  link: { text: string; url: string } | null
  footer: string | null
}

// biome-ignore lint/suspicious/noExplicitAny: foreign JSON, read defensively
type Json = any

const readers: Record<string, (body: Json) => Partial<ChatMessage>> = {
  slack: fromSlack,
  teams: fromTeams,
  discord: fromDiscord,
  google_chat: fromGoogleChat,
  mattermost: fromMattermost,
}

/** The message in a body for a platform; null if the console does not know the platform or the form. */
export function chatMessage(platform: string, body: string): ChatMessage | null {
  const read = readers[platform]
  if (!read) return null
  try {
    const empty = {
      color: null,
      tone: null,
      subtitle: null,
      text: null,
      fields: [],
      notes: [],
      link: null,
      footer: null,
    }
    const message = { title: '', ...empty, ...read(JSON.parse(body)) }
    return typeof message.title === 'string' && message.title ? message : null
  } catch {
    return null
  }
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** Decodes the character references that our messages contain. */
export const decoded = (text: string): string =>
  text.replace(/&(?:(lt|gt|amp|quot)|#(\d{1,7}));/g, (whole, name?: string, code?: string) =>
    name ? (NAMED[name] ?? whole) : String.fromCodePoint(Math.min(Number(code), 0x10ffff)),
  )

/** Removes the backslashes before punctuation. */
const unescaped = (text: string): string => text.replace(/\\([^a-zA-Z0-9])/g, '$1')

/** A name and a value that are separated by the first line break. */
function pair(text: string): { name: string; value: string } {
  const end = text.indexOf('\n')
  return end < 0 ? { name: text, value: '' } : { name: text.slice(0, end), value: text.slice(end + 1) }
}

function fromSlack(body: Json): Partial<ChatMessage> {
  const attachment = body.attachments[0]
  const shown: Partial<ChatMessage> & { fields: ChatMessage['fields']; notes: string[] } = {
    title: decoded(body.blocks[0].text.text),
    color: attachment.color,
    fields: [],
    notes: [],
  }
  for (const block of attachment.blocks) {
    if (block.fields) shown.fields.push(...block.fields.map((field: Json) => pair(decoded(field.text))))
    else if (block.elements) shown.notes.push(...block.elements.map((element: Json) => decoded(element.text)))
    else if (block.text?.type === 'mrkdwn') {
      const [, url = '', text = ''] = /^<([^|>]*)\|([^>]*)>$/.exec(block.text.text) ?? []
      shown.link = { url: decoded(url), text: decoded(text) }
    } else if (block.text) shown.text = decoded(block.text.text)
  }
  shown.footer = shown.notes.pop() ?? null
  return shown
}

function fromTeams(body: Json): Partial<ChatMessage> {
  const card = body.attachments[0].content
  const [header, ...blocks] = card.body
  const shown: Partial<ChatMessage> & { fields: ChatMessage['fields']; notes: string[] } = {
    title: header.items[0].inlines[0].text,
    tone: header.style,
    fields: [],
    notes: [],
  }
  for (const { inlines } of blocks) {
    const [run, value] = inlines
    if (value) shown.fields.push({ name: run.text.trimEnd(), value: value.text })
    else if (run.size === 'Small') shown.footer = run.text
    else if (run.isSubtle) shown.notes.push(run.text)
    else shown.text = run.text
  }
  const action = card.actions?.[0]
  if (action) shown.link = { text: action.title, url: action.url }
  return shown
}

function fromDiscord(body: Json): Partial<ChatMessage> {
  const embed = body.embeds[0]
  return {
    title: unescaped(embed.title),
    color: `#${Number(embed.color).toString(16).padStart(6, '0')}`,
    text: embed.description ? unescaped(embed.description) : null,
    fields: (embed.fields ?? []).map(({ name, value }: Json) => ({ name: unescaped(name), value: unescaped(value) })),
    link: embed.url ? { text: embed.url, url: embed.url } : null,
    footer: [embed.footer?.text, embed.timestamp].filter(Boolean).join(' · '),
  }
}

/** The text of Google Chat's subset of HTML. */
const fromHtml = (html: string): string => decoded(html.replaceAll('<br>', '\n').replace(/<\/?[a-z][^>]*>/g, ''))

function fromGoogleChat(body: Json): Partial<ChatMessage> {
  const { header, sections } = body.cardsV2[0].card
  const shown: Partial<ChatMessage> & { fields: ChatMessage['fields']; notes: string[] } = {
    title: header.title,
    subtitle: header.subtitle,
    fields: [],
    notes: [],
  }
  const texts: string[] = []
  for (const widget of sections[0].widgets) {
    if (widget.textParagraph) {
      const color = /^<font color="(#[0-9a-f]{6})">/.exec(widget.textParagraph.text)?.[1]
      if (color) {
        shown.color = color
        shown.notes.push(fromHtml(widget.textParagraph.text))
      } else texts.push(fromHtml(widget.textParagraph.text))
    } else if (widget.decoratedText) shown.fields.push(pair(fromHtml(widget.decoratedText.text)))
    else if (widget.buttonList) {
      const button = widget.buttonList.buttons[0]
      shown.link = { text: button.text, url: button.onClick.openLink.url }
    }
  }
  // The last paragraph is the small print, and the one before may say what was left out.
  shown.footer = texts.pop() ?? null
  if (/^And \d+ more$/.test(texts.at(-1) ?? '')) shown.notes.push(texts.pop() ?? '')
  shown.text = texts.join('\n') || null
  return shown
}

function fromMattermost(body: Json): Partial<ChatMessage> {
  const attachment = body.attachments[0]
  const plain = (text: string) => decoded(unescaped(text)).replaceAll('\u2060', '')
  const [, before = '', label = '', url = ''] = /^([\s\S]*?)(?:\n\n)?\[([^\]]*)\]\(([^)]*)\)$/.exec(
    attachment.text,
  ) ?? ['', attachment.text]
  return {
    title: plain(body.text.replace(/^#### /, '')),
    color: attachment.color,
    text: plain(before) || null,
    link: url ? { text: label, url: decoded(url) } : null,
    fields: attachment.fields.map(({ title, value }: Json) => ({ name: plain(title), value: plain(value) })),
    footer: plain(attachment.footer),
  }
}
