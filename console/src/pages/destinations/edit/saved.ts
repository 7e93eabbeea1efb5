/** The result of an edit. */
export type Saved = {
  /** Whether the destination is still verified. */
  verified: boolean
  addressChanged: boolean
}
