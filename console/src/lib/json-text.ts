// Reads JSON without JSON.parse, which rounds numbers, decodes escapes, and keeps only the last of duplicate names.
import { createScanner } from 'jsonc-parser'

type Token = { text: string; at: number }

/** A member of an object or an item of an array. */
export type Part = {
  /** The member's name, decoded; '' for an item. */
  name: string
  /** The value as it was sent. */
  json: string
}

/** The deepest indentation: without a limit, the size of a deeply nested value would grow with its square. */
const DEEPEST_INDENT = 32

const opens = (text: string) => text === '{' || text === '['
const closes = (text: string) => text === '}' || text === ']'

/** The tokens of valid JSON in order, without white space. */
export function* tokens(json: string): Generator<Token> {
  const scanner = createScanner(json, true)
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const at = scanner.getTokenOffset()
    yield { text: json.slice(at, at + scanner.getTokenLength()), at }
  }
}

/** The members of an object or the items of an array; none for any other value. */
export function parts(json: string): Part[] {
  const found: Part[] = []
  let depth = 0
  let name = ''
  let start = -1
  let end = 0
  for (const { text, at } of tokens(json)) {
    if (depth === 1 && text === ':') {
      name = JSON.parse(json.slice(start, end))
      start = -1
    } else if (depth === 1 && (text === ',' || closes(text))) {
      if (start >= 0) found.push({ name, json: json.slice(start, end) })
      name = ''
      start = -1
    } else if (depth === 1 && start < 0) {
      start = at
    }
    if (opens(text)) depth++
    else if (closes(text)) depth--
    end = at + text.length
  }
  return found
}

/** The value of the first member with this name, as it was sent. */
export const member = (json: string, name: string): string | undefined =>
  parts(json).find(part => part.name === name)?.json

/** The same JSON on indented lines, where only the white space differs; null if the text is not JSON. */
export function pretty(text: string): string | null {
  if (!isJson(text)) return null
  const line = (depth: number) => `\n${'  '.repeat(Math.min(depth, DEEPEST_INDENT))}`
  let depth = 0
  let before = ''
  let output = ''
  for (const { text: token } of tokens(text)) {
    if (closes(token)) {
      depth--
      if (!opens(before)) output += line(depth)
    } else if (opens(before)) {
      output += line(depth)
    }
    output += token
    if (opens(token)) depth++
    else if (token === ',') output += line(depth)
    else if (token === ':') output += ' '
    before = token
  }
  return output
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
