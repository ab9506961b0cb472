import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { selectForPages, type TokenPage, type TokensOfNamespace } from '../sql/token-page.ts'

/** A secret as it may be shown: everything but the secret. */
export interface SecretRow {
  readonly tokenId: string
  readonly hint: string
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp | null
  readonly lastUsedAt: Timestamp | null
}

const selectSecrets = statement((db, value: ValueOf<TokensOfNamespace & { readonly at: string }>) =>
  db
    .selectFrom('access_token_secret')
    .select([
      'token_id as tokenId',
      'hint',
      'created_at as createdAt',
      'expires_at as expiresAt',
      'last_used_at as lastUsedAt',
    ])
    .where('namespace_id', '=', value('namespaceId'))
    .where('token_id', '=', sql<string>`any(${value('tokenIds')}::text[])`)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', value('at'))]))
    .orderBy('token_id')
    // The newest has no end of its own. Ids would not tell it from one that another instance made in the same moment.
    .orderBy('expires_at', (order) => order.desc().nullsFirst())
    .orderBy('id', 'desc'),
)

/** The secrets of the tokens of each page that have not ended, by token, newest first. */
export function findSecrets(
  em: EntityManager,
  pages: readonly TokenPage[],
  now: Date,
): Promise<Array<ReadonlyMap<string, readonly SecretRow[]>>> {
  return selectForPages(pages, (tokens) => selectSecrets(em, { ...tokens, at: now.toISOString() }))
}
