import { DeliveryPage } from './detail'
import { DeliveriesList } from './list'

export function DeliveriesPage({ id }: { id: string | undefined }) {
  return id ? <DeliveryPage key={id} id={id} /> : <DeliveriesList />
}
