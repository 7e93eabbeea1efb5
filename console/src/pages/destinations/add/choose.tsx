import { useEffect, useRef } from 'preact/hooks'
import type { DestinationKind } from '../../../api/types'
import { Dialog } from '../../../ui/dialog'
import { kindIcon } from '../../../ui/kind'
import './choose.css'

type Props = { kinds: readonly DestinationKind[]; onKind: (kind: string) => void; onClose: () => void }

/** Asks which kind of destination to add. */
export function ChooseKind({ kinds, onKind, onClose }: Props) {
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => list.current?.querySelector('button')?.focus(), [])
  return (
    <Dialog title="Add destination" wide onClose={onClose}>
      <ul ref={list} class="kinds">
        {kinds.map(({ kind, title, summary }) => {
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
    </Dialog>
  )
}
