import { type RefObject, useLayoutEffect } from 'preact/compat'

const GAP = 4
const MAX_HEIGHT = 320
const MAX_WIDTH = 440
const MIN_WIDTH = 280

/**
 * Shows a popover below an element while `open`, or above it if there is more room. A popover is in the top layer, so
 * dialogs and scrolling panels do not clip it.
 */
export function usePopoverBelow(anchor: RefObject<HTMLElement>, popover: RefObject<HTMLElement>, open: boolean): void {
  useLayoutEffect(() => {
    const box = popover.current
    if (!open || !box || !anchor.current) return
    const updatePosition = () => {
      const at = anchor.current?.getBoundingClientRect()
      if (!at) return
      const below = innerHeight - at.bottom - 2 * GAP
      const above = at.top - 2 * GAP
      const up = below < MAX_HEIGHT / 2 && above > below
      const width = Math.min(Math.max(at.width, MIN_WIDTH), MAX_WIDTH, innerWidth - 2 * GAP)
      Object.assign(box.style, {
        width: `${Math.max(width, Math.min(at.width, innerWidth - 2 * GAP))}px`,
        left: `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`,
        top: up ? 'auto' : `${at.bottom + GAP}px`,
        bottom: up ? `${innerHeight - at.top + GAP}px` : 'auto',
        maxHeight: `${Math.min(MAX_HEIGHT, up ? above : below)}px`,
      })
    }
    box.showPopover()
    updatePosition()
    addEventListener('scroll', updatePosition, { capture: true, passive: true })
    addEventListener('resize', updatePosition)
    return () => {
      removeEventListener('scroll', updatePosition, { capture: true })
      removeEventListener('resize', updatePosition)
      box.hidePopover()
    }
  }, [anchor, popover, open])
}
