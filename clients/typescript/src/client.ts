import { type ClientOptions, HttpClient } from './http/http-client.js'
import { Mail } from './mail/mail.js'

/**
 * A client of the STACK Notifications API.
 *
 * ```ts
 * const stackshift = new StackNotifications({ baseUrl: 'https://api.example.com', apiKey: process.env.STACK_API_KEY! })
 * ```
 *
 * What only reads is tried again, twice, when the API is busy or cannot be reached; what writes is not. Methods reject
 * with an {@link ApiError} or a {@link ConnectionError}.
 *
 * @throws {TypeError | RangeError} if an option is missing or wrong.
 */
export class StackNotifications {
  /** Everything about mail. */
  readonly mail: Mail

  constructor(options: ClientOptions) {
    this.mail = new Mail(new HttpClient(options))
  }
}
