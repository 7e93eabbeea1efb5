type Header = { name: string; value?: string | null }

/** Quotes a text for a POSIX shell, byte for byte. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The environment variable for a value that the API does not show. */
const variable = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')

/**
 * A curl command that sends the same request. Values that the API does not show become environment variables, and curl
 * computes the length itself.
 */
export function curl({
  method,
  url,
  headers,
  body,
}: {
  method: string
  url: string
  headers: readonly Header[]
  body: string
}): string {
  const header = ({ name, value }: Header) =>
    typeof value === 'string' ? quote(`${name}: ${value}`) : `${quote(`${name}: `)}"$${variable(name)}"`
  // A sealed address is only shown as its host.
  const target = /^https?:\/\//.test(url) ? quote(url) : '"$URL"'
  return [
    `curl --globoff -X ${method} ${target}`,
    ...headers.filter(({ name }) => name !== 'content-length').map(one => `-H ${header(one)}`),
    // Unlike --data, --data-raw gives no meaning to a leading @.
    `--data-raw ${quote(body)}`,
  ].join(' \\\n  ')
}
