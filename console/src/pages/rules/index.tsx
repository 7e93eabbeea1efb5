import { useQuery } from '../../router/hash'
import { RuleDetail } from './detail'
import { EditRule } from './form/edit'
import { NewRule } from './form/new'
import { RuleList } from './list'

export function RulesPage({ id }: { id: string | undefined }) {
  const [query] = useQuery()
  if (id === undefined) return <RuleList />
  if (id === 'new') return <NewRule />
  return query.edit === undefined ? <RuleDetail key={id} id={id} /> : <EditRule key={id} id={id} />
}
