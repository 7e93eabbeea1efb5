/** The options of {@link verifyWebhookSignature} and {@link verifyWebhookSignatureAsync}. */
export interface VerifyWebhookSignatureOptions {
  /**
   * The unmodified body, before anything parses it. Bytes are best; a string is encoded as UTF-8, which fits the result
   * of `await request.text()`.
   */
  rawBody: string | Uint8Array | ArrayBuffer
  /** The header `StackShift-Signature`. */
  signatureHeader: string | null | undefined
  /** The header `StackShift-Timestamp`. */
  timestampHeader: string | null | undefined
  /** The webhook's whole secret, including `whsec_`; or several secrets, any of which may have signed. */
  secret: string | readonly string[]
  /** How many seconds the timestamp may differ from now, in either direction; 300 by default. */
  toleranceSeconds?: number | undefined
  /** The time to compare with, for tests: a `Date`, or milliseconds as from `Date.now()`. */
  now?: Date | number | undefined
}
