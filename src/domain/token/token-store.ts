import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { TokenKey } from '../identity/secret-store.ts'
import { AccessToken } from '../model/access-token.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import type { Plan } from '../model/plan.ts'
import { UsageWindow } from '../model/usage-tables.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { lockEntity } from '../sql/lock-entity.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A token as lists need it. */
export interface TokenRow {
  readonly id: string
  readonly label: string
  readonly description: string | null
  readonly pullLimit: number | null
  readonly createdAt: Timestamp
  readonly createdById: string | null
  readonly expiresAt: Timestamp | null
  readonly deactivatedAt: Timestamp | null
  /** Set for personal tokens. */
  readonly access: PersonalAccess | null
  /** The session of the device that created it by signing in, if any. */
  readonly sessionId: string | null
}

/** Access tokens as `TokenRow`s. */
export function selectTokens(db: Kysely<Tables>) {
  return db
    .selectFrom('access_token as t')
    .select([
      't.id',
      't.label',
      't.description',
      't.pull_limit as pullLimit',
      't.created_at as createdAt',
      't.created_by_id as createdById',
      't.expires_at as expiresAt',
      't.deactivated_at as deactivatedAt',
      't.access',
      't.session_id as sessionId',
    ])
}

/** A token with its owner. */
export interface OwnedToken extends TokenRow {
  readonly owner: TokenOwner
}

/** The organization or person that a token belongs to. */
export interface TokenOwner {
  readonly id: string
  readonly name: string
  /** Null for a person. */
  readonly plan: Plan | null
}

function selectOwned(db: Kysely<Tables>) {
  return selectTokens(db)
    .innerJoin('namespace as n', 'n.id', 't.namespace_id')
    .leftJoin('organization as o', 'o.id', 't.namespace_id')
    .select(['n.id as ownerId', 'n.name as ownerName', 'o.plan'])
}

const selectTokenById = statement((db, value: ValueOf<{ id: string }>) =>
  selectOwned(db).where('t.id', '=', value('id')),
)

/** The token with this id, for any caller; null if it does not exist. */
export async function findToken(em: EntityManager, id: string): Promise<OwnedToken | null> {
  const [row] = await selectTokenById(em, { id })
  return row === undefined ? null : toOwnedToken(row)
}

const selectTokensById = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectOwned(db).where('t.id', '=', sql<string>`any(${value('ids')})`),
)

/** The tokens with these ids, in no order, for any caller. One statement. */
export async function findTokensById(em: EntityManager, ids: readonly string[]): Promise<OwnedToken[]> {
  return (await selectTokensById(em, { ids })).map(toOwnedToken)
}

function toOwnedToken({
  ownerId,
  ownerName,
  plan,
  ...token
}: TokenRow & { readonly ownerId: string; readonly ownerName: string; readonly plan: Plan | null }): OwnedToken {
  return { ...token, owner: { id: ownerId, name: ownerName, plan } }
}

/** Locks the token with this id until the transaction ends, and with it the first use of its secrets. */
export function lockToken(em: EntityManager, id: string): Promise<AccessToken | null> {
  return lockEntity(em, AccessToken, 'tok', id)
}

const countByOrganization = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  db
    .selectFrom('access_token')
    .select(['namespace_id', sql<number>`count(*)::int`.as('count')])
    .where('namespace_id', '=', sql<string>`any(${value('ids')})`)
    .groupBy('namespace_id'),
)

/** The number of tokens of each organization. Exact only while its row is locked. One statement. */
export async function countTokens(em: EntityManager, organizationIds: readonly string[]): Promise<number[]> {
  const rows = await countByOrganization(em, { ids: organizationIds })
  const counts = new Map(rows.map(({ namespace_id: id, count }) => [id, count]))
  return organizationIds.map((id) => counts.get(id) ?? 0)
}

/** Deletes the pull counts of a token. */
export async function deletePullCounts(em: EntityManager, { namespaceId, tokenId }: TokenKey): Promise<void> {
  await em.nativeDelete(UsageWindow, { namespace: namespaceId, subjectId: tokenId })
}
