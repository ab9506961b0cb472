import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { AccessTokenSecret } from '../model/access-token.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type RowsOfTokens, type TokenPage, tokenStatement } from '../sql/token-page.ts'

/** A secret as it may be shown: without the secret itself. */
export interface SecretRow {
  readonly tokenId: string
  readonly hint: string
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp | null
  readonly lastUsedAt: Timestamp | null
}

const selectSecrets = tokenStatement((db, isOfTokens, value: ValueOf<{ readonly at: string }>) =>
  db
    .selectFrom('access_token_secret')
    .select([
      'token_id as tokenId',
      'hint',
      'created_at as createdAt',
      'expires_at as expiresAt',
      'last_used_at as lastUsedAt',
    ])
    .where(isOfTokens('namespace_id', 'token_id'))
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', value('at'))]))
    .orderBy('token_id')
    // Only the newest has no expiry. Two instances can create ids in the same moment, so ids do not say which is
    // newest.
    .orderBy('expires_at', (order) => order.desc().nullsFirst())
    .orderBy('id', 'desc'),
)

/** The secrets of the tokens of each page that have not ended, by token, newest first. */
export function findSecrets(
  em: EntityManager,
  pages: readonly TokenPage[],
  now: Date,
): Promise<Array<RowsOfTokens<SecretRow>>> {
  return selectSecrets(em, pages, { at: now.toISOString() })
}

/** Whose secrets they are. */
export interface TokenKey {
  readonly namespaceId: string
  readonly tokenId: string
}

const selectNewestHash = statement((db, value: ValueOf<TokenKey>) =>
  db
    .selectFrom('access_token_secret')
    .select(sql<Buffer>`hash`.as('hash'))
    .where('namespace_id', '=', value('namespaceId'))
    .where('token_id', '=', value('tokenId'))
    .where('expires_at', 'is', null),
)

/** The hash of the newest secret of a token; empty if the token is gone. */
export async function findNewestHash(em: EntityManager, token: TokenKey): Promise<Buffer[]> {
  return (await selectNewestHash(em, token)).map(({ hash }) => hash)
}

/** A secret that has not ended. */
export interface UsableSecret {
  readonly id: string
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp | null
  readonly lastUsedAt: Timestamp | null
}

/** The secrets of a token that have not ended. Exact only while the token is locked. */
export function findUsableSecrets(
  em: EntityManager,
  { namespaceId, tokenId }: TokenKey,
  now: Date,
): Promise<UsableSecret[]> {
  return kysely(em)
    .selectFrom('access_token_secret')
    .select(['id', 'created_at as createdAt', 'expires_at as expiresAt', 'last_used_at as lastUsedAt'])
    .where('namespace_id', '=', namespaceId)
    .where('token_id', '=', tokenId)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now.toISOString())]))
    .execute()
}

/** Lets the newest of these secrets end at `newestEndsAt`, and the others at `othersEndAt`, unless they end earlier. */
export async function updateSecretEnds(
  em: EntityManager,
  { namespaceId, tokenId }: TokenKey,
  ids: readonly string[],
  { newestEndsAt, othersEndAt }: { readonly newestEndsAt: Date; readonly othersEndAt: Date },
): Promise<void> {
  await kysely(em)
    .updateTable('access_token_secret')
    .set({
      expires_at: sql`least(expires_at, case when expires_at is null then ${newestEndsAt}::timestamptz
      else ${othersEndAt}::timestamptz end)`,
    })
    .where('id', '=', sql<string>`any(${ids})`)
    .where('namespace_id', '=', namespaceId)
    .where('token_id', '=', tokenId)
    .execute()
}

/** Deletes the secrets of a token that ended before this moment. */
export async function deleteEndedSecrets(
  em: EntityManager,
  { namespaceId, tokenId }: TokenKey,
  before: Date,
): Promise<void> {
  await em.nativeDelete(AccessTokenSecret, { namespace: namespaceId, token: tokenId, expiresAt: { $lt: before } })
}

/** Keeps when a secret was last tried after its end. Returns whether this was the first time. */
export async function updateLateUse(
  em: EntityManager,
  { namespaceId, tokenId, secretId }: TokenKey & { readonly secretId: string },
  now: Date,
): Promise<boolean> {
  const key = { id: secretId, token: tokenId, namespace: namespaceId }
  if ((await em.nativeUpdate(AccessTokenSecret, { ...key, refusedAt: null }, { refusedAt: now })) > 0) return true
  await em.nativeUpdate(AccessTokenSecret, { ...key, refusedAt: { $lt: now } }, { refusedAt: now })
  return false
}
