import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Permission } from '../model/permission.ts'
import { type ScopeRow, scopePath, type TokenScope } from '../model/scope.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { selectForPages, type TokenPage, type TokensOfNamespace } from '../sql/token-page.ts'

// Only personal tokens name repositories of other namespaces. For all other tokens, this reads nothing.
const repositoryNamespace = sql<string | null>`case when c.repository_namespace_id <> c.namespace_id
  then (select n.name from namespace n where n.id = c.repository_namespace_id) end`

const selectScopes = statement((db, value: ValueOf<TokensOfNamespace>) =>
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
    .where('c.namespace_id', '=', value('namespaceId'))
    .where('c.token_id', '=', sql<string>`any(${value('tokenIds')}::text[])`)
    .orderBy('c.token_id')
    .orderBy('c.position'),
)

/** The scopes of the tokens of each page, by token, in the order in which they were given. */
export function findScopes(
  em: EntityManager,
  pages: readonly TokenPage[],
): Promise<Array<ReadonlyMap<string, readonly ScopeRow[]>>> {
  return selectForPages(pages, (tokens) => selectScopes(em, tokens))
}

/** The column `scopes` of a statement on `access_token as t`, for one token or a few; null for none. */
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
