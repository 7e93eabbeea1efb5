import type { Page } from './page.js'

/**
 * A list that has been asked for. `await` it for one {@link Page}, or iterate over the items of all pages:
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

  // Asked for when first needed: a list that nobody awaits costs no request, and cannot fail unheard.
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

  /** The items of all pages, from the first on. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.#first()
  }
}
