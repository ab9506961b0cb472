import type { EntityManager } from '@mikro-orm/postgresql'
import { type ResolvedScope, scopeOfEverything } from '../identity/insert-token.ts'
import { findScopesOfToken } from '../identity/scope-store.ts'
import type { AccessToken } from '../model/access-token.ts'
import { accessPermissions, type PersonalAccess } from '../model/personal-access.ts'
import { parseRepositoryName, repositoryNameRule } from '../model/repository-name.ts'
import { groupMemberId, maySeeRepository } from '../policy/repository-policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { findRepositoriesByName, type RepositoryRow } from '../repository/repository-store.ts'
import { lockRepositories } from '../repository/repository-write-store.ts'
import type { UserError } from '../shared/errors.ts'
import { maxNamedRepositories } from './organization-scopes.ts'

/** A repository that an input names, and its place there. */
export interface NamedByInput {
  readonly index: number
  readonly name: string
}

/** The scopes of a personal token, and the errors of those that it cannot have. */
export interface PersonalScopes {
  readonly scopes: readonly ResolvedScope[]
  readonly errors: readonly UserError[]
}

/**
 * The well-formed names of an input, and the errors of the others. Null means every repository that the person can
 * reach.
 */
export function parseRepositories(
  names: readonly string[] | null,
  path: readonly string[],
): { readonly repositories: readonly NamedByInput[] | null; readonly errors: readonly UserError[] } {
  if (names === null) return { repositories: null, errors: [] }
  const invalid = (at: readonly string[], message: string): UserError => ({ code: 'INVALID', path: at, message })
  if (names.length === 0)
    return {
      repositories: [],
      errors: [invalid(path, 'Name at least one repository, or give null for every repository that you can reach.')],
    }
  if (names.length > maxNamedRepositories) {
    const message =
      `A token names at most ${maxNamedRepositories} repositories. ` +
      'Name fewer, or give null for every one that you can reach.'
    return { repositories: [], errors: [invalid(path, message)] }
  }
  const repositories: NamedByInput[] = []
  const errors: UserError[] = []
  for (const [index, name] of names.entries()) {
    const at = [...path, String(index)]
    if (parseRepositoryName(name) === null) errors.push(invalid(at, repositoryNameRule))
    else if (repositories.some((other) => other.name === name))
      errors.push(invalid(at, `${name} is named twice. Leave one of them out.`))
    else repositories.push({ index, name })
  }
  return { repositories, errors }
}

/**
 * The scopes of a personal token with this access to these repositories, which are kept from being deleted until the
 * transaction ends. Errors are repositories that the caller cannot see (NOT_FOUND), or that the access can never read.
 */
export async function resolveRepositories(
  context: RequestContext,
  em: EntityManager,
  access: PersonalAccess,
  named: readonly NamedByInput[] | null,
  path: readonly string[],
): Promise<PersonalScopes> {
  if (named === null) return { scopes: [scopeOfEverything(access)], errors: [] }
  const found = await findVisible(context, em, named)
  const kept = await lockRepositories(
    em,
    [...found.values()].map(({ id }) => id),
  )
  const errors: UserError[] = []
  const scopes = named.flatMap(({ index, name }) => {
    const at = [...path, String(index)]
    const repository = found.get(name)
    if (repository === undefined || !kept.has(repository.id)) {
      const message = `There is no repository ${name} that you can see. Create it first, or check the name.`
      errors.push({ code: 'NOT_FOUND', path: at, message })
      return []
    }
    if (access === 'PUBLIC_READ' && repository.visibility === 'PRIVATE') {
      const message = `${name} is private, and PUBLIC_READ reads public repositories only. Choose READ.`
      errors.push({ code: 'INVALID', path: at, message })
    }
    return [scopeOf(access, repository)]
  })
  return { scopes, errors }
}

function scopeOf(
  access: PersonalAccess,
  { id, namespaceId, name }: Pick<RepositoryRow, 'id' | 'namespaceId' | 'name'>,
) {
  return {
    kind: 'NAMED_REPOSITORY',
    path: name,
    permissions: accessPermissions[access],
    repositoryId: id,
    repositoryNamespaceId: namespaceId,
  } as const
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

/** The scopes of a personal token with another access to the same repositories. */
export async function scopesWithAccess(
  em: EntityManager,
  token: AccessToken,
  access: PersonalAccess,
  path: readonly string[],
): Promise<PersonalScopes> {
  const stored = await findScopesOfToken(em, { namespaceId: token.namespace, tokenId: token.id })
  const hidden = stored.find(({ repository }) => repository?.visibility === 'PRIVATE')?.repository ?? null
  const message = `PUBLIC_READ reads public repositories only, and this token names ${hidden?.name}. Name others, too.`
  return {
    // A token whose last repository was deleted has no scope, and stays so.
    scopes: stored.map(({ repository }) =>
      repository === null ? scopeOfEverything(access) : scopeOf(access, repository),
    ),
    errors: access === 'PUBLIC_READ' && hidden !== null ? [{ code: 'INVALID', path, message }] : [],
  }
}
