import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { AccessTokenScope } from '../model/access-token.ts'
import type { Permission } from '../model/permission.ts'
import type { RepositoryVisibility } from '../model/repository.ts'
import { type ScopeKind, type ScopeRow, scopePath, type TokenScope } from '../model/scope.ts'
import { kysely } from '../sql/tables.ts'
import { type RowsOfTokens, type TokenPage, tokenStatement } from '../sql/token-page.ts'
import type { TokenKey } from './secret-store.ts'

// Only personal tokens name repositories of other namespaces. For all other tokens, this reads nothing.
const repositoryNamespace = sql<string | null>`case when c.repository_namespace_id <> c.namespace_id
  then (select n.name from namespace n where n.id = c.repository_namespace_id) end`

const selectScopes = tokenStatement((db, isOfTokens) =>
  db
    .selectFrom('access_token_scope as c')
    .leftJoin('repository as r', 'r.id', 'c.repository_id')
    .select([
      'c.token_id as tokenId',
      'c.kind',
      'c.repository_id as repositoryId',
      'r.path as repositoryPath',
      repositoryNamespace.as('repositoryNamespace'),
      sql<readonly Permission[]>`c.permissions`.as('permissions'),
    ])
    .where(isOfTokens('c.namespace_id', 'c.token_id'))
    .orderBy('c.token_id')
    .orderBy('c.position'),
)

/** The scopes of the tokens of each page, by token, in the order in which they were given. */
export function findScopes(em: EntityManager, pages: readonly TokenPage[]): Promise<Array<RowsOfTokens<ScopeRow>>> {
  return selectScopes(em, pages, {})
}

/** The column `scopes` of a statement on `access_token as t`, for one token or a few; null without scopes. */
export const aggregateScopes = sql<readonly ScopeRow[] | null>`(
  select json_agg(json_build_object('kind', c.kind, 'repositoryId', c.repository_id, 'repositoryPath', r.path,
    'repositoryNamespace', ${repositoryNamespace}, 'permissions', c.permissions) order by c.position)
  from access_token_scope c
  left join repository r on r.id = c.repository_id
  where c.namespace_id = t.namespace_id and c.token_id = t.id
)`.as('scopes')

/** Scopes as the policy uses them, for a token of the namespace of this name. */
export function toScopes(rows: readonly ScopeRow[], namespaceName: string): TokenScope[] {
  return rows.map((row) => ({
    kind: row.kind,
    repositoryId: row.repositoryId,
    path: scopePath(row, namespaceName),
    permissions: row.permissions,
  }))
}

/** A scope of a token, with the repository that it names. */
export interface StoredScope {
  readonly kind: ScopeKind
  readonly permissions: readonly Permission[]
  /** Null: it does not name one. */
  readonly repository: {
    readonly id: string
    readonly namespaceId: string
    readonly name: string
    readonly visibility: RepositoryVisibility
  } | null
}

/** The scopes of one token, in their order. Exact only while the token is locked. */
export async function findScopesOfToken(em: EntityManager, { namespaceId, tokenId }: TokenKey): Promise<StoredScope[]> {
  const rows = await kysely(em)
    .selectFrom('access_token_scope as c')
    .leftJoin('repository as r', 'r.id', 'c.repository_id')
    .leftJoin('namespace as n', 'n.id', 'r.namespace_id')
    .select([
      'c.kind',
      sql<readonly Permission[]>`c.permissions`.as('permissions'),
      'r.id',
      'r.namespace_id as namespaceId',
      sql<string>`n.name || '/' || r.path`.as('name'),
      'r.visibility',
    ])
    .where('c.namespace_id', '=', namespaceId)
    .where('c.token_id', '=', tokenId)
    .orderBy('c.position')
    .execute()
  return rows.map(({ kind, permissions, id, namespaceId, name, visibility }) => ({
    kind,
    permissions,
    repository:
      id === null || namespaceId === null || visibility === null ? null : { id, namespaceId, name, visibility },
  }))
}

export async function deleteScopes(em: EntityManager, tokenId: string): Promise<void> {
  await em.nativeDelete(AccessTokenScope, { token: tokenId })
}
