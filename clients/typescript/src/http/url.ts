/** The parameters of a query. Those that are `undefined` are omitted. */
export type Query = Record<string, string | number | Date | undefined>

/** The base URL without a trailing slash, so that paths can be appended. */
export function readBaseUrl(baseUrl: unknown): string {
  const url = typeof baseUrl === 'string' ? parse(baseUrl) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError('baseUrl must be an absolute http(s) URL without credentials, query and fragment.')
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** A path of these segments, each encoded. */
export function pathOf(...segments: string[]): string {
  return segments.map(segment => `/${encode(segment)}`).join('')
}

/** `?` and the query, or an empty text. */
export function queryOf(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value instanceof Date ? value.toISOString() : String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

function encode(segment: unknown): string {
  // Any of these would change the path of the request, for example to that of the whole list.
  if (typeof segment !== 'string' || segment === '' || segment === '.' || segment === '..') {
    throw new TypeError('An id or address is missing or is none.')
  }
  return encodeURIComponent(segment)
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}
