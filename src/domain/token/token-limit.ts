import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'

/** How many tokens an organization may have and has. Expired and inactive ones count; only deletion frees a place. */
export interface TokenLimit {
  readonly limit: number
  readonly used: number
  readonly remaining: number
}

const countByOrganization = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  db
    .selectFrom('access_token')
    .select(['namespace_id', sql<number>`count(*)::int`.as('count')])
    .where('namespace_id', '=', sql<string>`any(${value('ids')})`)
    .groupBy('namespace_id'),
)

/** How many tokens each organization has. Exact only while its row is locked. One statement. */
export async function countTokens(em: EntityManager, organizationIds: readonly string[]): Promise<number[]> {
  const rows = await countByOrganization(em, { ids: organizationIds })
  const counts = new Map(rows.map(({ namespace_id: id, count }) => [id, count]))
  return organizationIds.map((id) => counts.get(id) ?? 0)
}

/** The limit of a plan, and how much of it is used. */
export function tokenLimit(limit: number, used: number): TokenLimit {
  return { limit, used, remaining: Math.max(0, limit - used) }
}
