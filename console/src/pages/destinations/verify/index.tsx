import type { Destination } from '../../../api/types'
import { verifiedBy } from '../../../lib/abilities'
import { ByCode } from './by-code'
import { ByRequest } from './by-request'

export type VerifyProps = {
  destination: Destination
  /** Whether a rule is being written already: then none is offered. */
  inRule?: boolean
  onClose: () => void
}

/** Walks through the verification of a destination, in the way that its kind has. Mounted means open. */
export function VerifyDialog(props: VerifyProps) {
  return verifiedBy(props.destination) === 'code' ? <ByCode {...props} /> : <ByRequest {...props} />
}
