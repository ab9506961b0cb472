import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Faults } from '../errors.ts'
import { sqlOf } from '../tables.ts'
import { AccessTokenScope } from './access-token.ts'
import type { ParsedScope } from './parse-scopes.ts'

/** A scope whose repository, if it names one, exists. */
export interface ResolvedScope extends ParsedScope {
  readonly repositoryId: string | null
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
  faults: Faults,
): Promise<ResolvedScope[]> {
  const prefix = `${organization.name}/`
  const paths = scopes.flatMap((scope) =>
    scope.kind === 'NAMED_REPOSITORY' && scope.path.startsWith(prefix) ? [scope.path.slice(prefix.length)] : [],
  )
  const found =
    paths.length === 0
      ? []
      : await sqlOf(em)
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
      faults.add(
        'NOT_FOUND',
        [...path, String(scope.index), 'path'],
        `${organization.name} has no repository ${scope.path}. Create it first, or check the name.`,
      )
    return { ...scope, repositoryId }
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
      repositoryNamespace: scope.repositoryId === null ? null : token.namespaceId,
      permissions: [...scope.permissions],
    })
}
