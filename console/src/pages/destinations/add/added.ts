import type { Destination, Kind } from '../../../api/types'

/** A destination that was just added, and its secret where it has one that is shown this once. */
export type Added = { destination: Destination; secret: string | null }

type Answered = Pick<Destination, 'id' | 'operator_id' | 'channel_type' | 'destination' | 'verified' | 'created_at'> & {
  webhook_secret?: string | null
}

const rest = { name: null, description: null, disabled: false, project_id: null }

/** One of the STACK API, by the answer to its creation: the list of destinations may not have it yet. */
export function addedByStack({ webhook_secret = null, ...answer }: Answered): Added {
  const destination = { ...rest, ...answer, destination_id: answer.id, made_by: 'stack' as const }
  return { destination, secret: webhook_secret }
}

type Named = Pick<Destination, 'id' | 'made_by' | 'name'> & { kind: Kind; project_id?: string | null }

/** One of another API, whose answer tells little more than its id; those need no code to be verified. */
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
