import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { leastIdAt } from '../shared/id.ts'
import { statement, type ValueOf } from '../sql/statement.ts'

const keptMs = 30 * 86_400_000
const batchSize = 1_000

const deleteBatch = statement((db, value: ValueOf<{ prefix: string; before: string }>) =>
  sql<{ id: string }>`
    delete from delivery where id = any(array(
      select id from delivery where id >= ${value('prefix')} and id < ${value('before')}
      order by id limit ${sql.lit(batchSize)} for update skip locked
    )) returning id`.compile(db),
)

/** Deletes deliveries of notices that are older than 30 days: they have long been delivered, or have failed. */
export async function pruneDeliveries(em: EntityManager, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keptMs)
  for (const prefix of ['mld', 'whd'] as const)
    while ((await deleteBatch(em, { prefix: `${prefix}_`, before: leastIdAt(prefix, before) })).length === batchSize);
}
