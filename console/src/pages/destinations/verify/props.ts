import type { Destination } from '../../../api/types'

export type VerifyProps = {
  destination: Destination
  /** Whether the dialog is part of the form for a rule: it then offers no other rule. */
  inRule?: boolean
  /** Since when it may have missed events (RFC 3339); by default, since it became unhealthy. */
  since?: string | null
  onClose: () => void
}
