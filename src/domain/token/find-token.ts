import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import type { PersonalAccess } from '../model/personal-access.ts'
import type { Plan } from '../model/plan.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A token as lists and answers need it. */
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
  /** The session of the device that made it by signing in, if one did. */
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

/** A token together with whose it is. */
export interface OwnedToken extends TokenRow {
  readonly owner: TokenOwner
}

/** What of a token's owner shows in the token: of the organization or person whose namespace it is in. */
export interface TokenOwner {
  readonly id: string
  readonly name: string
  /** Null: the owner is a person. */
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

/** The token of that id, whoever asks; null when there is none. */
export async function findToken(em: EntityManager, id: string): Promise<OwnedToken | null> {
  const [row] = await selectTokenById(em, { id })
  return row === undefined ? null : toOwnedToken(row)
}

const selectTokensById = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectOwned(db).where('t.id', '=', sql<string>`any(${value('ids')})`),
)

/** The tokens with these ids, in no order, whoever asks. One statement. */
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
