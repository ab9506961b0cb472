import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'

const selectNamespaceIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) => {
  const isWanted = sql<boolean>`id = any(${value('ids')})`
  return db
    .selectFrom('access_token')
    .select(['id', 'namespace_id as namespaceId'])
    .where(isWanted)
    .unionAll(db.selectFrom('webhook').select(['id', 'namespace_id as namespaceId']).where(isWanted))
    .unionAll(db.selectFrom('delivery').select(['id', 'namespace_id as namespaceId']).where(isWanted))
    .unionAll(db.selectFrom('member_group').select(['id', 'organization_id as namespaceId']).where(isWanted))
})

/** The ids of the namespaces that tokens, webhooks, deliveries and groups are in. Null if nothing has the id. */
export async function findNamespaceIds(em: EntityManager, ids: readonly string[]): Promise<Array<string | null>> {
  const rows = await selectNamespaceIds(em, { ids })
  const namespaceOf = new Map(rows.map(({ id, namespaceId }) => [id, namespaceId]))
  return ids.map((id) => namespaceOf.get(id) ?? null)
}
