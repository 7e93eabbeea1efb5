import type { Page } from './page.js'

/**
 * A requested list. `await` it to get one {@link Page}, or iterate over the items of all pages:
 *
 * ```ts
 * for await (const event of stackshift.mail.events.list()) console.log(event.id)
 * ```
 */
export class PagePromise<T> implements Promise<Page<T>>, AsyncIterable<T> {
  readonly [Symbol.toStringTag] = 'PagePromise'
  readonly #fetch: () => Promise<Page<T>>
  #page: Promise<Page<T>> | undefined

  /** @internal */
  constructor(fetch: () => Promise<Page<T>>) {
    this.#fetch = fetch
  }

  // Fetched when first needed: a list that nobody awaits sends no request, and cannot fail unnoticed.
  #first(): Promise<Page<T>> {
    this.#page ??= this.#fetch()
    return this.#page
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then<R = Page<T>, E = never>(
    onPage?: ((page: Page<T>) => R | PromiseLike<R>) | null,
    onError?: ((error: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#first().then(onPage, onError)
  }

  catch<E = never>(onError?: ((error: unknown) => E | PromiseLike<E>) | null): Promise<Page<T> | E> {
    return this.#first().catch(onError)
  }

  finally(onEnd?: (() => void) | null): Promise<Page<T>> {
    return this.#first().finally(onEnd)
  }

  /** The items of all pages. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.#first()
  }
}
