import { EventPage } from './detail'
import { EventsList } from './list'

export function EventsPage({ id }: { id: string | undefined }) {
  return id ? <EventPage key={id} id={id} /> : <EventsList />
}
