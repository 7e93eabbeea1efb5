import { type ClientOptions, HttpClient } from './http/http-client.js'
import { Mail } from './mail/mail.js'

/**
 * A client of the STACK Notifications API.
 *
 * ```ts
 * const stackshift = new StackNotifications({ baseUrl: 'https://api.example.com', apiKey: process.env.STACK_API_KEY! })
 * ```
 *
 * Reads are retried twice if the API is busy or unreachable; writes are not retried. Methods reject with an {@link
 * ApiError} or a {@link ConnectionError}.
 *
 * @throws {TypeError | RangeError} if an option is missing or invalid.
 */
export class StackNotifications {
  /** The Mail API. */
  readonly mail: Mail

  constructor(options: ClientOptions) {
    this.mail = new Mail(new HttpClient(options))
  }
}
