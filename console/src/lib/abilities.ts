import type { Destination } from '../api/types'

type Subject = Pick<Destination, 'channel_type' | 'made_by' | 'belongs_to'>

/** How a destination is verified: by a code, by a signed request of its own, or by a test that it takes. */
export function verifiedBy({ channel_type, made_by }: Subject): 'code' | 'request' | 'test' {
  if (made_by === 'providers' || made_by === 'config') return 'test'
  return channel_type === 'email' || channel_type === 'sms' ? 'code' : 'request'
}

/** Whether it is one that a person looks after: the account's own address is not. */
export const canManage = ({ belongs_to }: Subject): boolean => belongs_to !== 'account'

/** Mail webhooks have no test besides their verification. */
export const canTest = (destination: Subject): boolean => canManage(destination) && destination.made_by !== 'mail'

export function canRotate(destination: Subject): boolean {
  const hasRoute =
    destination.made_by === 'stack' || destination.made_by === 'mail' || destination.made_by === 'stack_auth'
  return hasRoute && destination.channel_type === 'webhook' && !destination.belongs_to
}

export const canSwitch = (destination: Subject): boolean => canManage(destination) && destination.made_by !== 'stack'

/** Rules may target everything but the address of a legacy channel, which is that channel's alone. */
export const canBeTargeted = ({ belongs_to }: Subject): boolean => !belongs_to

/** A limit is for requests; the address of a legacy channel has no route to set one by. */
export const canLimit = ({ channel_type, belongs_to }: Subject): boolean =>
  !belongs_to && channel_type !== 'email' && channel_type !== 'sms' && channel_type !== 'ops_email'
