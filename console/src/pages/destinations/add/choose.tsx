import { useContext, useEffect, useRef } from 'preact/hooks'
import type { DestinationKind } from '../../../api/types'
import { WhoamiContext } from '../../../api/whoami'
import { refusal } from '../../../lib/permissions'
import { Dialog } from '../../../ui/dialog'
import { kindIcon } from '../../../ui/kind'
import './choose.css'

type Props = { kinds: readonly DestinationKind[]; onKind: (kind: string) => void; onClose: () => void }

/** Asks which kind of destination to add. */
export function ChooseKind({ kinds, onKind, onClose }: Props) {
  const list = useRef<HTMLUListElement>(null)
  const whoami = useContext(WhoamiContext)
  const refused = (api: DestinationKind['api']) => whoami && refusal(whoami, api)
  const offered = kinds.filter(({ api }) => !refused(api))
  const reasons = new Set(kinds.map(({ api }) => refused(api)).filter(reason => reason !== null))
  useEffect(() => list.current?.querySelector('button')?.focus(), [])
  return (
    <Dialog title="Add destination" wide onClose={onClose}>
      <ul ref={list} class="kinds">
        {offered.map(({ kind, title, summary }) => {
          const Icon = kindIcon(kind)
          return (
            <li key={kind}>
              <button type="button" class="kind" onClick={() => onKind(kind)}>
                <Icon size={18} aria-hidden="true" />
                <span class="kind-words">
                  <span class="kind-label">{title}</span>
                  <span class="muted">{summary}</span>
                </span>
              </button>
            </li>
          )
        })}
      </ul>
      {[...reasons].map(reason => (
        <p key={reason} class="muted">{`Not all kinds are offered. ${reason}`}</p>
      ))}
    </Dialog>
  )
}
