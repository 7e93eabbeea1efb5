import type { LucideIcon } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { Tone } from '../lib/tone'
import './timeline.css'

/** A vertical list of steps, connected by a line. */
export function Timeline({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <ol class="timeline" aria-label={label}>
      {children}
    </ol>
  )
}

export function TimelineEntry({
  icon: Icon,
  tone,
  children,
}: {
  icon: LucideIcon
  tone: Tone
  children: ComponentChildren
}) {
  return (
    <li class="timeline-entry">
      <span class={`timeline-mark badge-${tone}`}>
        <Icon size={14} strokeWidth={2.25} aria-hidden="true" />
      </span>
      <div class="timeline-content">{children}</div>
    </li>
  )
}
