import { useEffect, useRef } from 'preact/hooks'
import { kinds } from '../../../lib/kinds'
import { Dialog } from '../../../ui/dialog'
import { forms } from './kinds'
import './choose.css'

/** Which kind of destination to add. */
export function ChooseKind({ onKind, onClose }: { onKind: (kind: string) => void; onClose: () => void }) {
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => list.current?.querySelector('button')?.focus(), [])
  return (
    <Dialog title="Add destination" wide onClose={onClose}>
      <ul ref={list} class="kinds">
        {forms.map(({ kind, face, label, what }) => {
          const { icon: Icon } = kinds[face]
          return (
            <li key={kind}>
              <button type="button" class="kind" onClick={() => onKind(kind)}>
                <Icon size={18} aria-hidden="true" />
                <span class="kind-words">
                  <span class="kind-label">{label}</span>
                  <span class="muted">{what}</span>
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </Dialog>
  )
}
