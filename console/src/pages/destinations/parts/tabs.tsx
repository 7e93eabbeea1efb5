import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import './tabs.css'

export type Tab = { label: string; content: ComponentChildren }

/** Tabs. Arrow keys move between them. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const id = useId()
  const [shown, setShown] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const go = (index: number) => {
    const next = (index + tabs.length) % tabs.length
    setShown(next)
    list.current?.querySelectorAll('button')[next]?.focus()
  }
  const steps: Record<string, number> = { ArrowRight: shown + 1, ArrowLeft: shown - 1, Home: 0, End: -1 }
  const onKeyDown = (event: KeyboardEvent) => {
    const to = steps[event.key]
    if (to === undefined) return
    event.preventDefault()
    go(to)
  }
  return (
    <div class="tabs">
      <div ref={list} role="tablist" aria-label={label} class="tabs-list">
        {tabs.map((tab, index) => (
          <button
            key={tab.label}
            type="button"
            role="tab"
            id={`${id}-tab-${index}`}
            aria-selected={index === shown}
            aria-controls={`${id}-panel`}
            tabIndex={index === shown ? 0 : -1}
            class="tabs-tab"
            onClick={() => setShown(index)}
            onKeyDown={onKeyDown}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${shown}`}>
        {tabs[shown]?.content}
      </div>
    </div>
  )
}
