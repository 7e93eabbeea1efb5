import { DeliveriesList } from './list'
import { DeliveryPage } from './one'

export function DeliveriesPage({ id }: { id: string | undefined }) {
  return id ? <DeliveryPage key={id} id={id} /> : <DeliveriesList />
}
