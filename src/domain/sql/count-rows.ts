import { type SelectQueryBuilder, sql } from 'kysely'

/** How many rows a query would return. */
export async function countRows<Database, Table extends keyof Database, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
): Promise<number> {
  const rows: ReadonlyArray<{ count?: string }> = await query
    .clearSelect()
    .select(sql<string>`count(*)`.as('count'))
    .execute()
  return Number(rows[0]?.count)
}
