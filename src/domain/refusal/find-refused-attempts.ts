import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { Permission } from '../model/permission.ts'
import type { RefusalReason } from '../model/refusal-reason.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'
import { selectForPages, type TokenPage, type TokensOfNamespace } from '../sql/token-page.ts'

/** How many are shown of a token, or of an account. */
const shown = 20

/** Attempts that were refused for the same reason, from the same address. */
export interface RefusedAttemptRow {
  readonly at: Timestamp
  readonly firstAt: Timestamp
  readonly attempts: number
  readonly reason: RefusalReason
  readonly ipAddress: string | null
  readonly client: string | null
  readonly repository: string | null
  readonly permission: Permission | null
}

function selectAttempts(db: Kysely<Tables>) {
  return db
    .selectFrom('refused_attempt as r')
    .select([
      'r.last_at as at',
      'r.first_at as firstAt',
      'r.attempts',
      'r.reason',
      sql<string | null>`host(r.ip_address)`.as('ipAddress'),
      'r.client',
      'r.repository',
      sql<Permission | null>`r.permission`.as('permission'),
    ])
}

const selectOfTokens = statement((db, value: ValueOf<TokensOfNamespace>) =>
  selectAttempts(db)
    .select(sql<string>`r.token_id`.as('tokenId'))
    .where('r.namespace_id', '=', value('namespaceId'))
    .where('r.token_id', '=', sql<string>`any(${value('tokenIds')})`)
    .orderBy('r.last_at', 'desc'),
)

/** What was refused of the tokens of each page, by token, the latest first. */
export async function findRefusedAttempts(
  em: EntityManager,
  pages: readonly TokenPage[],
): Promise<Array<ReadonlyMap<string, readonly RefusedAttemptRow[]>>> {
  const found = await selectForPages(pages, (tokens) => selectOfTokens(em, tokens))
  return found.map((ofPage) => new Map([...ofPage].map(([tokenId, rows]) => [tokenId, rows.slice(0, shown)])))
}

const selectOfAccount = statement((db, value: ValueOf<{ readonly namespaceId: string }>) =>
  selectAttempts(db)
    .where('r.namespace_id', '=', value('namespaceId'))
    .where('r.token_id', 'is', null)
    .orderBy('r.last_at', 'desc')
    .limit(shown),
)

/** What was refused in the name of an organization or a person, and names none of their tokens; the latest first. */
export function findRefusedAttemptsOfAccount(em: EntityManager, namespaceId: string): Promise<RefusedAttemptRow[]> {
  return selectOfAccount(em, { namespaceId })
}
