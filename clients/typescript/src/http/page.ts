import { invalidAnswer } from './answer.js'
import type { HttpClient } from './http-client.js'
import type { Query } from './url.js'

/** One page of a list. Iterating over it continues with the following pages, which are fetched as they are reached. */
export class Page<T> implements AsyncIterable<T> {
  /** The items of this page. It may be empty even if more pages follow: filters apply page by page. */
  readonly items: T[]
  /** Pass it as `cursor` to get the next page; `null` on the last one. */
  readonly nextCursor: string | null
  readonly #following: (cursor: string) => Promise<Page<T>>

  /** @internal */
  constructor(items: T[], nextCursor: string | null, following: (cursor: string) => Promise<Page<T>>) {
    this.items = items
    this.nextCursor = nextCursor
    this.#following = following
  }

  /** The items of this page and of all following ones. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let page: Page<T> = this
    yield* page.items
    while (page.nextCursor !== null) {
      page = await page.#following(page.nextCursor)
      yield* page.items
    }
  }
}

/** Fetches a page. */
export async function fetchPage<T>(http: HttpClient, path: string, query: Query): Promise<Page<T>> {
  const answer = await http.get<{ items?: T[]; nextCursor?: string | null } | null>(path, query)
  if (!Array.isArray(answer?.items)) throw invalidAnswer(200)
  const following = (cursor: string) => fetchPage<T>(http, path, { ...query, cursor })
  return new Page(answer.items, answer.nextCursor ?? null, following)
}
