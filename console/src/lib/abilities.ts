import type { Destination } from '../api/types'

type Subject = Pick<Destination, 'channel_type' | 'made_by' | 'belongs_to'>

/** How a destination is verified: with a code, a signed request, or a test message. */
export function verifiedBy({ channel_type, made_by }: Subject): 'code' | 'request' | 'test' {
  if (made_by === 'providers' || made_by === 'config') return 'test'
  return channel_type === 'email' || channel_type === 'sms' ? 'code' : 'request'
}

/** Whether users can manage the destination. They cannot manage the account's own address. */
export const canManage = ({ belongs_to }: Subject): boolean => belongs_to !== 'account'

/** The address of a rule cannot be edited: the API has no route for it. */
export const canEdit = ({ belongs_to }: Subject): boolean => !belongs_to

/** Mail webhooks have no test of their own: their verification is one. */
export const canTest = (destination: Subject): boolean => canManage(destination) && destination.made_by !== 'mail'

export function canRotate(destination: Subject): boolean {
  const hasRoute =
    destination.made_by === 'stack' || destination.made_by === 'mail' || destination.made_by === 'stack_auth'
  return hasRoute && destination.channel_type === 'webhook' && !destination.belongs_to
}

export const canDisable = (destination: Subject): boolean => canManage(destination) && destination.made_by !== 'stack'

/** Rules cannot target the account's own address, nor the address of a legacy channel. */
export const canBeTargeted = ({ belongs_to }: Subject): boolean => !belongs_to

/** Limits apply to HTTP requests only. The address of a legacy channel has no route that sets one. */
export const canLimit = ({ channel_type, belongs_to }: Subject): boolean =>
  !belongs_to && channel_type !== 'email' && channel_type !== 'sms' && channel_type !== 'ops_email'
