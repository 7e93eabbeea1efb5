import { EventsList } from './list'
import { EventPage } from './one'

export function EventsPage({ id }: { id: string | undefined }) {
  return id ? <EventPage key={id} id={id} /> : <EventsList />
}
