import { AreaContext } from '../../../api/whoami'
import { verifiedBy } from '../../../lib/abilities'
import { ByCode } from './by-code'
import { ByRequest } from './by-request'
import type { VerifyProps } from './props'

/** Verifies a destination, with the method of its kind. The dialog is open while it is mounted. */
export function VerifyDialog(props: VerifyProps) {
  return (
    <AreaContext.Provider value={props.destination.made_by}>
      {verifiedBy(props.destination) === 'code' ? <ByCode {...props} /> : <ByRequest {...props} />}
    </AreaContext.Provider>
  )
}
