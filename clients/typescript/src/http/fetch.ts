/** What the client needs of a `fetch`. Every runtime's own fits, and a wrapper or a fake is easily written. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

/** What the client hands to a {@link Fetch}. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  body: string | null
  redirect: 'manual'
  signal: AbortSignal
}

/** What the client reads of a response. */
export interface FetchResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}
