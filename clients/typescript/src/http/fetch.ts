/** The part of `fetch` that the client needs. The `fetch` of every runtime fits, as do simple wrappers and fakes. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

/** The options that the client passes to a {@link Fetch}. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  body: string | null
  redirect: 'manual'
  signal: AbortSignal
}

/** The part of a response that the client reads. */
export interface FetchResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}
