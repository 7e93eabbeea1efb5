/** What {@link verifyWebhookSignature} and {@link verifyWebhookSignatureAsync} take. */
export interface VerifyWebhookSignatureOptions {
  /**
   * The body exactly as it arrived, before anything parsed it. Bytes are best; a string is taken as UTF-8, which is
   * what `await request.text()` gives.
   */
  rawBody: string | Uint8Array | ArrayBuffer
  /** The header `StackShift-Signature`. */
  signatureHeader: string | null | undefined
  /** The header `StackShift-Timestamp`. */
  timestampHeader: string | null | undefined
  /** The webhook's whole secret, with its `whsec_`; or several, of which any may have signed. */
  secret: string | readonly string[]
  /** By how many seconds the timestamp may differ from now, in either direction. 300 unless given. */
  toleranceSeconds?: number | undefined
  /** The time to compare with, for tests: a `Date`, or milliseconds like those of `Date.now()`. */
  now?: Date | number | undefined
}
