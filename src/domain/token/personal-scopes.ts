import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { AccessToken } from '../model/access-token.ts'
import { accessPermissions, type PersonalAccess } from '../model/personal-access.ts'
import type { RepositoryVisibility } from '../model/repository.ts'
import { parseRepositoryName, repositoryNameRule } from '../model/repository-name.ts'
import { publicRepositoriesPath, reachableRepositoriesPath } from '../model/scope.ts'
import { maySeeRepository } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { groupMemberId } from '../repository/find-repository.ts'
import { findRepositoriesByName, type RepositoryRow } from '../repository/repository-store.ts'
import type { InputErrors } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'
import { maxNamedRepositories } from './parse-scopes.ts'
import type { ResolvedScope } from './resolve-scopes.ts'

/** A repository that an input names, and where in the list. */
export interface NamedByInput {
  readonly index: number
  readonly name: string
}

/**
 * The repositories that an input names; null: none, which means everything that the person can reach. Adds a fault for
 * what cannot be a name, for a name that comes twice, and where there are none or too many.
 */
export function parseRepositories(
  names: readonly string[] | null,
  path: readonly string[],
  errors: InputErrors,
): NamedByInput[] | null {
  if (names === null) return null
  if (names.length === 0)
    errors.add('INVALID', path, 'Name at least one repository, or give null for every repository that you can reach.')
  if (names.length > maxNamedRepositories) {
    errors.add(
      'INVALID',
      path,
      `A token names at most ${maxNamedRepositories} repositories. Name fewer, or give null for every one that you can reach.`,
    )
    return []
  }
  const named: NamedByInput[] = []
  for (const [index, name] of names.entries()) {
    const at = [...path, String(index)]
    if (parseRepositoryName(name) === null) errors.add('INVALID', at, repositoryNameRule)
    else if (named.some((other) => other.name === name))
      errors.add('INVALID', at, `${name} is named twice. Leave one of them out.`)
    else named.push({ index, name })
  }
  return named
}

/** The one scope of a personal token that names no repositories. */
export function scopeOfEverything(access: PersonalAccess): ResolvedScope {
  const open = access === 'PUBLIC_READ'
  return {
    kind: open ? 'PUBLIC_REPOSITORIES' : 'REACHABLE_REPOSITORIES',
    path: open ? publicRepositoriesPath : reachableRepositoriesPath,
    permissions: accessPermissions[access],
    repositoryId: null,
    repositoryNamespaceId: null,
  }
}

/**
 * The scopes of a personal token with this access to these repositories, which are kept from being deleted until the
 * transaction ends. Adds a fault for each that the caller cannot see (NOT_FOUND) or that the access can never read.
 */
export async function resolveRepositories(
  context: RequestContext,
  em: EntityManager,
  access: PersonalAccess,
  named: readonly NamedByInput[] | null,
  path: readonly string[],
  errors: InputErrors,
): Promise<ResolvedScope[]> {
  if (named === null) return [scopeOfEverything(access)]
  const found = await findVisible(context, em, named)
  const kept = await lockRepositories(em, [...found.values()])
  return named.flatMap(({ index, name }) => {
    const at = [...path, String(index)]
    const repository = found.get(name)
    if (repository === undefined || !kept.has(repository.id)) {
      errors.add(
        'NOT_FOUND',
        at,
        `There is no repository ${name} that you can see. Create it first, or check the name.`,
      )
      return []
    }
    if (access === 'PUBLIC_READ' && repository.visibility === 'PRIVATE')
      errors.add('INVALID', at, `${name} is private, and PUBLIC_READ reads public repositories alone. Choose READ.`)
    return [scopeOf(access, { name, repositoryId: repository.id, namespaceId: repository.namespaceId })]
  })
}

function scopeOf(
  access: PersonalAccess,
  repository: { readonly name: string; readonly repositoryId: string; readonly namespaceId: string },
): ResolvedScope {
  return {
    kind: 'NAMED_REPOSITORY',
    path: repository.name,
    permissions: accessPermissions[access],
    repositoryId: repository.repositoryId,
    repositoryNamespaceId: repository.namespaceId,
  }
}

async function findVisible(
  { principal }: RequestContext,
  em: EntityManager,
  named: readonly NamedByInput[],
): Promise<ReadonlyMap<string, RepositoryRow>> {
  const userId = groupMemberId(principal)
  const found = await findRepositoriesByName(
    em,
    named.map(({ name }) => ({ name, userId })),
  )
  return new Map(
    found.flatMap((row) => (row !== null && maySeeRepository(principal, row) ? [[row.name, row] as const] : [])),
  )
}

/** The ids of those that are still there. */
async function lockRepositories(em: EntityManager, repositories: readonly RepositoryRow[]): Promise<Set<string>> {
  if (repositories.length === 0) return new Set()
  const rows = await kysely(em)
    .selectFrom('repository')
    .select('id')
    .where('id', '=', sql<string>`any(${repositories.map(({ id }) => id)})`)
    .orderBy('id')
    .forKeyShare()
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/**
 * The scopes of a personal token, with another access to the repositories that it names, or to everything as before. Adds a
 * fault at `path` where the access could never read one of them.
 */
export async function scopesWithAccess(
  em: EntityManager,
  token: AccessToken,
  access: PersonalAccess,
  path: readonly string[],
  errors: InputErrors,
): Promise<ResolvedScope[]> {
  const rows = await kysely(em)
    .selectFrom('access_token_scope as c')
    .leftJoin('repository as r', 'r.id', 'c.repository_id')
    .leftJoin('namespace as n', 'n.id', 'r.namespace_id')
    .select(['r.id as repositoryId', 'r.namespace_id as namespaceId', sql<string>`n.name || '/' || r.path`.as('name')])
    .select(sql<RepositoryVisibility>`r.visibility`.as('visibility'))
    .where('c.namespace_id', '=', token.namespace)
    .where('c.token_id', '=', token.id)
    .orderBy('c.position')
    .execute()
  const hidden = rows.find(({ repositoryId, visibility }) => repositoryId !== null && visibility === 'PRIVATE')
  if (access === 'PUBLIC_READ' && hidden !== undefined)
    errors.add(
      'INVALID',
      path,
      `PUBLIC_READ reads public repositories alone, and this token names ${hidden.name}. Name others, too.`,
    )
  // A token whose last repository was deleted has no scope left, and does not come to reach everything by this.
  return rows.map(({ repositoryId, namespaceId, name }) =>
    repositoryId === null || namespaceId === null
      ? scopeOfEverything(access)
      : scopeOf(access, { name, repositoryId, namespaceId }),
  )
}
