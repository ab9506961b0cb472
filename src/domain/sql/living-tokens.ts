import { type RawBuilder, sql } from 'kysely'

/**
 * For the `with` of a statement: the tokens that rows of a table name and that still exist, as
 * `name (namespace_id, id)`. A key-share lock keeps them from being deleted until the transaction ends. They are locked
 * in one order, and before anything else, as a deletion does, so that no two statements can deadlock.
 */
export function livingTokens(name: string, table: string, tokenId: string): RawBuilder<unknown> {
  return sql`${sql.raw(name)} as materialized (
    select namespace_id, id from access_token
    where (namespace_id, id) in (select namespace_id, ${sql.raw(tokenId)} from ${sql.raw(table)})
    order by namespace_id, id for key share
  )`
}
