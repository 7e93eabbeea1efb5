import { BookOpen } from 'lucide-preact'
import { useMemo } from 'preact/hooks'
import { useEventTypes } from '../../api/catalogue'
import { byFamily } from '../../lib/event-types'
import { matches } from '../../lib/match'
import { useQuery } from '../../router/hash'
import { Button } from '../../ui/button'
import { TextField } from '../../ui/field'
import { Page } from '../../ui/page'
import { Panel } from '../../ui/panel'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states'
import { Entry, type Listed } from './entry'
import { isCustom, useSeenTypes, useTakers } from './use-takers'
import './catalogue.css'

/** All types of events, with the schema and an example of their data, and the rules that take them. */
export function CataloguePage() {
  const [{ search = '' }, setQuery] = useQuery()
  const { types, error, isLoading, retry } = useEventTypes()
  const takers = useTakers()
  const seen = useSeenTypes()
  const all: Listed[] = useMemo(() => {
    const own = new Set([...seen, ...takers.rules.flatMap(rule => rule.events).filter(isCustom)])
    const custom = [...own].sort().map(type => ({ type, label: 'Your own type', severity: 'warning' }))
    return [...types, ...custom]
  }, [types, seen, takers.rules])
  const found = all.filter(({ type, label }) => matches(search, `${type} ${label}`))
  return (
    <Page
      title="Event types"
      description="What events can report, the data that they carry, and the rules that take them. Your own types begin with custom."
    >
      <TextField
        label="Search event types"
        labelHidden
        type="search"
        placeholder="Search by type or description"
        value={search}
        onValue={search => setQuery({ search })}
      />
      {types.length === 0 && (
        <Panel flush>
          {isLoading || !error ? (
            <Skeleton lines={10} label="Loading event types" />
          ) : (
            <ErrorState error={error} onRetry={retry} />
          )}
        </Panel>
      )}
      {types.length > 0 && found.length === 0 && (
        <Panel flush>
          <EmptyState
            icon={<BookOpen size={20} />}
            title="No matching event types"
            action={<Button onClick={() => setQuery({ search: null })}>Clear search</Button>}
          >
            Events of your own can have any type that begins with custom., for example custom.order.paid.
          </EmptyState>
        </Panel>
      )}
      {byFamily(found).map(([family, members]) => (
        <Panel key={family} title={family} flush>
          <ul class="catalogue">
            {members.map(one => (
              <Entry key={one.type} type={one} takers={takers.of(one.type)} />
            ))}
          </ul>
        </Panel>
      ))}
    </Page>
  )
}
