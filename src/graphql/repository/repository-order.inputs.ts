import type { RepositoryOrderField } from '../../domain/repository/repository-order.ts'
import { orderInputType } from '../order.inputs.ts'

export const RepositoryOrder = orderInputType<RepositoryOrderField>('Repository', 'repositories', {
  NAME: 'Name.',
  PUSHED_AT: 'Time of the latest push of one of its tags. Repositories without tags come first in ascending order.',
})
