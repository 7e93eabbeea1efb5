import type { Destination } from '../../../api/types'

export type VerifyProps = {
  destination: Destination
  /** Whether the dialog is part of the form for a rule: it then offers no other rule. */
  inRule?: boolean
  onClose: () => void
}
