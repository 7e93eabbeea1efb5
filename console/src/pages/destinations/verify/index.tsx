import { verifiedBy } from '../../../lib/abilities'
import { ByCode } from './by-code'
import { ByRequest } from './by-request'
import type { VerifyProps } from './props'

/** Walks through the verification of a destination, in the way that its kind has. Mounted means open. */
export function VerifyDialog(props: VerifyProps) {
  return verifiedBy(props.destination) === 'code' ? <ByCode {...props} /> : <ByRequest {...props} />
}
