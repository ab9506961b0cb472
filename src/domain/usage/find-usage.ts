import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { sqlOf } from '../tables.ts'
import type { Timestamp } from '../timestamp.ts'
import { usageWindowAt } from './usage-limit.ts'

/** The latest successful use of a token. */
export interface LastUseRow {
  readonly tokenId: string
  readonly at: Timestamp
  readonly ipAddress: string | null
  readonly client: string | null
  readonly repository: string | null
}

/** The last uses of these tokens; those never used are missing. One statement, whatever the number of tokens. */
export function findLastUses(em: EntityManager, tokenIds: readonly string[]): Promise<LastUseRow[]> {
  return sqlOf(em)
    .selectFrom('access_token_last_use')
    .select(['token_id as tokenId', 'at', sql<string | null>`host(ip_address)`.as('ipAddress'), 'client', 'repository'])
    .where('token_id', '=', sql<string>`any(${tokenIds})`)
    .execute()
}

/** The pulls of these tokens in the current window; those with none are missing. One statement. */
export function findPulls(
  em: EntityManager,
  tokenIds: readonly string[],
  now: Date,
): Promise<Array<{ readonly tokenId: string; readonly pulls: number }>> {
  return sqlOf(em)
    .selectFrom('usage_window')
    .select(['token_id as tokenId', 'pulls'])
    .where('token_id', '=', sql<string>`any(${tokenIds})`)
    .where('starts_at', '=', usageWindowAt(now).startsAt.toISOString())
    .execute()
}
