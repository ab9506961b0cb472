import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Plan } from '../account/plan.ts'
import { sqlOf } from '../tables.ts'
import type { Timestamp } from '../timestamp.ts'
import type { Permission } from './permission.ts'
import { type ScopeKind, scopePath, type TokenScope } from './scope.ts'

/** An organization token as lists and answers need it, with the organization it belongs to. */
export interface TokenRow {
  readonly id: string
  readonly label: string
  readonly description: string | null
  readonly pullLimit: number | null
  readonly createdAt: Timestamp
  readonly createdById: string | null
  readonly expiresAt: Timestamp | null
  readonly deactivatedAt: Timestamp | null
  readonly organizationId: string
  readonly organizationName: string
  readonly plan: Plan
}

/** Organization tokens as `TokenRow`s. */
export function selectTokens(em: EntityManager) {
  return sqlOf(em)
    .selectFrom('access_token as t')
    .innerJoin('organization as o', 'o.id', 't.namespace_id')
    .select([
      't.id',
      't.label',
      't.description',
      't.pull_limit as pullLimit',
      't.created_at as createdAt',
      't.created_by_id as createdById',
      't.expires_at as expiresAt',
      't.deactivated_at as deactivatedAt',
      'o.id as organizationId',
      'o.name as organizationName',
      'o.plan',
    ])
}

/** The token of that id, whoever asks; null when there is none. */
export async function findToken(em: EntityManager, id: string): Promise<TokenRow | null> {
  return (await selectTokens(em).where('t.id', '=', id).executeTakeFirst()) ?? null
}

/** The scopes of these tokens, in the order in which they were given. One statement. */
export async function findScopes(
  em: EntityManager,
  tokenIds: readonly string[],
): Promise<Array<{ readonly tokenId: string; readonly scope: TokenScope }>> {
  const rows = await sqlOf(em)
    .selectFrom('access_token_scope as s')
    .innerJoin('namespace as n', 'n.id', 's.namespace_id')
    .leftJoin('repository as r', (join) =>
      join.onRef('r.namespace_id', '=', 's.namespace_id').onRef('r.id', '=', 's.repository_id'),
    )
    .select(['s.token_id', 's.kind', 's.repository_id', 's.permissions', 'n.name', 'r.path'])
    .where('s.token_id', '=', sql<string>`any(${tokenIds})`)
    .orderBy('s.token_id')
    .orderBy('s.position')
    .execute()
  return rows.map((row) => ({
    tokenId: row.token_id,
    scope: toScope(row.kind, row.repository_id, row.name, row.path, row.permissions as Permission[]),
  }))
}

function toScope(
  kind: ScopeKind,
  repositoryId: string | null,
  organizationName: string,
  repositoryPath: string | null,
  permissions: readonly Permission[],
): TokenScope {
  return { kind, repositoryId, path: scopePath(kind, organizationName, repositoryPath), permissions }
}

/** A secret as it may be shown: everything but the secret. */
export interface SecretRow {
  readonly tokenId: string
  readonly hint: string
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp | null
  readonly lastUsedAt: Timestamp | null
}

/** The secrets of these tokens, newest first. One statement. */
export function findSecrets(em: EntityManager, tokenIds: readonly string[]): Promise<SecretRow[]> {
  return sqlOf(em)
    .selectFrom('access_token_secret')
    .select([
      'token_id as tokenId',
      'hint',
      'created_at as createdAt',
      'expires_at as expiresAt',
      'last_used_at as lastUsedAt',
    ])
    .where('token_id', '=', sql<string>`any(${tokenIds})`)
    .orderBy('token_id')
    .orderBy('id', 'desc')
    .execute()
}
