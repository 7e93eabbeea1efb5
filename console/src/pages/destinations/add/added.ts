import type { Destination, Kind } from '../../../api/types'

/** A new destination, and its secret if it has one. The secret is shown only once. */
export type Added = { destination: Destination; secret: string | null }

type Answer = Pick<Destination, 'id' | 'operator_id' | 'channel_type' | 'destination' | 'verified' | 'created_at'> & {
  webhook_secret?: string | null
}

const rest = { name: null, description: null, disabled: false, project_id: null }

/** A new destination of the Notifications API, from the answer to its creation. The list may not contain it yet. */
export function addedByStack({ webhook_secret = null, ...answer }: Answer): Added {
  const destination = { ...rest, ...answer, destination_id: answer.id, made_by: 'stack' as const }
  return { destination, secret: webhook_secret }
}

type Named = Pick<Destination, 'id' | 'made_by' | 'name'> & { kind: Kind; project_id?: string | null }

/** A new destination of another API, whose answer contains little more than the id. It needs no verification code. */
export function addedByOther({ kind, ...given }: Named): Added {
  const destination = {
    ...rest,
    ...given,
    destination_id: given.id,
    operator_id: '',
    channel_type: kind,
    destination: given.name ?? '',
    verified: true,
    created_at: new Date().toISOString(),
  }
  return { destination, secret: null }
}
