import type { EntityManager } from '@mikro-orm/postgresql'
import { type RawBuilder, sql } from 'kysely'
import { statement, type ValueOf } from './statement.ts'

const batchSize = 10_000

/**
 * Deletes the rows of a table that meet a condition, in statements of up to 10,000 rows. Rows that others have locked
 * stay until the next time.
 */
export function batchedDeletion<Values extends object>(
  table: string,
  condition: (value: ValueOf<Values>) => RawBuilder<unknown>,
): (em: EntityManager, values: Values) => Promise<void> {
  const deleteBatch = statement((db, value: ValueOf<Values>) =>
    sql<{ deleted: number }>`
      with deleted as (
        delete from ${sql.table(table)} where ctid = any(array(
          select ctid from ${sql.table(table)} where ${condition(value)}
          limit ${sql.lit(batchSize)} for update skip locked
        )) returning 1
      )
      select count(*)::int as deleted from deleted`.compile(db),
  )
  return async (em, values) => {
    let deleted = batchSize
    while (deleted === batchSize) [{ deleted } = { deleted: 0 }] = await deleteBatch(em, values)
  }
}
