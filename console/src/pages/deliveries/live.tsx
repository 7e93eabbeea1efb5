import { Pause, Play } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { api, call } from '../../api/client'
import { messageOf } from '../../api/error'
import { deliveryQuery } from '../../lib/deliveries'
import { EMPTY, type Live, MAX_ROWS, merge, since, summary } from '../../lib/live'
import { Button } from '../../ui/button'
import { DeliveriesTable } from '../../ui/deliveries-table'
import { Panel } from '../../ui/panel'
import { EmptyState, Notice } from '../../ui/states'

const POLL_MS = 2000
/** The least time between two announcements. */
const ANNOUNCE_MS = 10_000
const PAGE = 100
/** The most pages of one poll. With more deliveries than that at once, the newest are shown. */
const MAX_PAGES = 2

/** Polls while the page is visible and not paused. */
function useLive(query: Record<string, string>, paused: boolean) {
  const [live, setLive] = useState<Live>(EMPTY)
  const [error, setError] = useState<string | null>(null)
  const [announced, setAnnounced] = useState('')
  const current = useRef<Live>(EMPTY)
  const filter = JSON.stringify(query)

  useEffect(() => {
    current.current = EMPTY
    setLive(EMPTY)
  }, [filter])

  useEffect(() => {
    if (paused) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false
    let unsaid = new Map<string, Live['rows'][number]>()
    let saidAt = Date.now()

    const poll = async () => {
      const begun = current.current
      let cursor: string | undefined
      let next = begun
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const asked = {
          ...deliveryQuery(query, Date.now()),
          since: since(begun, Date.now()),
          limit: PAGE,
          ...(cursor ? { cursor } : {}),
        }
        const answer = await call(api.GET('/v1/deliveries', { params: { query: asked } }))
        if (stopped) return
        const merged = merge(next, answer.deliveries)
        next = { rows: merged.rows, changed: new Set([...(page > 0 ? next.changed : []), ...merged.changed]) }
        cursor = answer.next_cursor ?? undefined
        if (!cursor) break
      }
      current.current = next
      setLive(next)
      setError(null)
      if (begun === EMPTY) return
      for (const row of next.rows) if (next.changed.has(row.id)) unsaid.set(row.id, row)
      if (unsaid.size > 0 && Date.now() - saidAt >= ANNOUNCE_MS) {
        setAnnounced(summary([...unsaid.values()]))
        unsaid = new Map()
        saidAt = Date.now()
      }
    }
    const run = async () => {
      if (!document.hidden) await poll().catch(error => stopped || setError(messageOf(error)))
      if (!stopped) timer = setTimeout(run, POLL_MS)
    }
    void run()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [paused, filter])

  return { live, error, announced }
}

/** Deliveries and their changes as they happen. */
export function LiveDeliveries({ query }: { query: Record<string, string> }) {
  const [paused, setPaused] = useState(false)
  const { live, error, announced } = useLive(query, paused)
  return (
    <Panel
      title={paused ? 'Live, paused' : 'Live'}
      hint={`The newest deliveries, up to ${MAX_ROWS}. Checked every two seconds while this page is visible.`}
      actions={
        <Button
          size="s"
          icon={paused ? <Play size={14} /> : <Pause size={14} />}
          onClick={() => setPaused(paused => !paused)}
        >
          {paused ? 'Continue' : 'Pause'}
        </Button>
      }
      flush
    >
      {error && <Notice tone="warn">{`This may be out of date. ${error}`}</Notice>}
      {live.rows.length > 0 ? (
        <DeliveriesTable deliveries={[...live.rows]} changed={live.changed} label="Live deliveries" />
      ) : (
        <EmptyState title="Waiting for deliveries">New deliveries appear here as they happen.</EmptyState>
      )}
      <p class="hidden" aria-live="polite">
        {announced}
      </p>
    </Panel>
  )
}
