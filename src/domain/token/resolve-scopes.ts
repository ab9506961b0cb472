import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { AccessTokenScope } from '../model/access-token.ts'
import type { Permission } from '../model/permission.ts'
import type { InputErrors } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import type { ParsedScope } from './parse-scopes.ts'

/** A scope whose repository, if it names one, exists. */
export interface ResolvedScope extends Omit<ParsedScope, 'index'> {
  readonly repositoryId: string | null
  /** The namespace that the repository is in; null where it names none. */
  readonly repositoryNamespaceId: string | null
}

/**
 * Finds the repositories that scopes name, and keeps them from being deleted until the transaction ends. Adds a fault
 * (NOT_FOUND) for each that the organization does not have.
 */
export async function resolveScopes(
  em: EntityManager,
  scopes: readonly ParsedScope[],
  organization: { readonly id: string; readonly name: string },
  path: readonly string[],
  errors: InputErrors,
): Promise<ResolvedScope[]> {
  const prefix = `${organization.name}/`
  const paths = scopes.flatMap((scope) =>
    scope.kind === 'NAMED_REPOSITORY' && scope.path.startsWith(prefix) ? [scope.path.slice(prefix.length)] : [],
  )
  const found =
    paths.length === 0
      ? []
      : await kysely(em)
          .selectFrom('repository')
          .select(['id', 'path'])
          .where('namespace_id', '=', organization.id)
          .where('path', '=', sql<string>`any(${paths})`)
          .orderBy('id')
          .forKeyShare()
          .execute()
  const idByPath = new Map(found.map((row) => [prefix + row.path, row.id]))
  return scopes.map((scope) => {
    const repositoryId = idByPath.get(scope.path) ?? null
    if (scope.kind === 'NAMED_REPOSITORY' && repositoryId === null)
      errors.add(
        'NOT_FOUND',
        [...path, String(scope.index), 'path'],
        `${organization.name} has no repository ${scope.path}. Create it first, or check the name.`,
      )
    return { ...scope, repositoryId, repositoryNamespaceId: repositoryId === null ? null : organization.id }
  })
}

/** Adds the scopes to the transaction that `em` is in. */
export function insertScopes(
  em: EntityManager,
  token: { readonly id: string; readonly namespaceId: string },
  scopes: readonly ResolvedScope[],
): void {
  for (const [position, scope] of scopes.entries())
    em.create(AccessTokenScope, {
      token: token.id,
      position,
      namespace: token.namespaceId,
      kind: scope.kind,
      repository: scope.repositoryId,
      repositoryNamespace: scope.repositoryNamespaceId,
      permissions: [...scope.permissions],
    })
}

/** Puts scopes in the place of those that a token has; answers whether they are others. */
export async function replaceScopes(
  em: EntityManager,
  token: { readonly id: string; readonly namespaceId: string },
  scopes: readonly ResolvedScope[],
): Promise<boolean> {
  const current = await kysely(em)
    .selectFrom('access_token_scope')
    .select(['kind', 'repository_id as repositoryId', sql<readonly Permission[]>`permissions`.as('permissions')])
    .where('namespace_id', '=', token.namespaceId)
    .where('token_id', '=', token.id)
    .orderBy('position')
    .execute()
  if (sameText(current) === sameText(scopes)) return false
  await em.nativeDelete(AccessTokenScope, { token: token.id })
  insertScopes(em, token, scopes)
  return true
}

function sameText(scopes: ReadonlyArray<Pick<ResolvedScope, 'kind' | 'repositoryId' | 'permissions'>>): string {
  return JSON.stringify(scopes.map(({ kind, repositoryId, permissions }) => [kind, repositoryId, permissions]))
}
