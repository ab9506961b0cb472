import type { EntityManager } from '@mikro-orm/postgresql'
import { sqlOf } from '../tables.ts'

/** How many tokens an organization may have and has. Expired and inactive ones count; only deletion frees a place. */
export interface TokenLimit {
  readonly limit: number
  readonly used: number
  readonly remaining: number
}

/** Counts the organization's tokens against a limit. Exact only while the organization's row is locked. */
export async function findTokenLimit(em: EntityManager, organizationId: string, limit: number): Promise<TokenLimit> {
  const { count } = await sqlOf(em)
    .selectFrom('access_token')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('namespace_id', '=', organizationId)
    .executeTakeFirstOrThrow()
  const used = Number(count)
  return { limit, used, remaining: Math.max(0, limit - used) }
}
