import type { EntityManager } from '@mikro-orm/postgresql'
import type { Kysely } from 'kysely'
import type { OrganizationRow } from '../account/organization.ts'
import { statement, type ValueOf } from '../statement.ts'
import type { Tables } from '../tables.ts'
import type { Timestamp } from '../timestamp.ts'

/** An organization token as lists and answers need it. */
export interface TokenRow {
  readonly id: string
  readonly label: string
  readonly description: string | null
  readonly pullLimit: number | null
  readonly createdAt: Timestamp
  readonly createdById: string | null
  readonly expiresAt: Timestamp | null
  readonly deactivatedAt: Timestamp | null
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
    ])
}

/** A token together with the organization it belongs to. */
export interface OwnedToken extends TokenRow {
  readonly organization: TokenOwner
}

/** What of an organization shows in its tokens. */
export type TokenOwner = Pick<OrganizationRow, 'id' | 'name' | 'plan'>

const selectTokenById = statement((db, value: ValueOf<{ id: string }>) =>
  selectTokens(db)
    .innerJoin('organization as o', 'o.id', 't.namespace_id')
    .select(['o.id as organizationId', 'o.name', 'o.plan'])
    .where('t.id', '=', value('id')),
)

/** The token of that id, whoever asks; null when there is none. */
export async function findToken(em: EntityManager, id: string): Promise<OwnedToken | null> {
  const [row] = await selectTokenById(em, { id })
  if (row === undefined) return null
  const { organizationId, name, plan, ...token } = row
  return { ...token, organization: { id: organizationId, name, plan } }
}
