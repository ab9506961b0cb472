import { type EntityManager, type EntityName, type FilterQuery, LockMode } from '@mikro-orm/postgresql'
import { type IdPrefix, idPrefixOf } from '../shared/id.ts'

/**
 * The entity of that id, locked (`for update`) until the transaction that `em` is in ends; null if it does not exist.
 * An id with another prefix costs no statement.
 */
export async function lockEntity<Entity extends { readonly id: string }>(
  em: EntityManager,
  type: EntityName<Entity>,
  prefix: IdPrefix,
  id: string,
): Promise<Entity | null> {
  if (idPrefixOf(id) !== prefix) return null
  const byId: FilterQuery<{ readonly id: string }> = { id }
  return em.findOne(type, byId as FilterQuery<Entity>, { lockMode: LockMode.PESSIMISTIC_WRITE })
}
