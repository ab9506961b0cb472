import type { EntityManager } from '@mikro-orm/postgresql'
import type { ResolvedScope } from '../identity/insert-token.ts'
import { permissions as everyPermission, type Permission, permissionResource } from '../model/permission.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { publicRepositoriesPath, resourceOf, type ScopeKind, type ScopeResource } from '../model/scope.ts'
import { lockRepositoriesByPath } from '../repository/repository-write-store.ts'
import type { UserError } from '../shared/errors.ts'

/** A scope of an organization token, as an input. */
export interface ScopeInput {
  readonly resource: ScopeResource
  readonly path: string
  readonly permissions: readonly Permission[]
}

/** A well-formed scope. Its repository may not exist. */
export interface ParsedScope {
  /** Its place in the input. */
  readonly index: number
  readonly kind: ScopeKind
  readonly path: string
  readonly permissions: readonly Permission[]
}

/** The maximum number of repositories that a token names. */
export const maxNamedRepositories = 50
// Every named repository, and one each of the three other kinds.
const maxScopes = maxNamedRepositories + 3

/**
 * The well-formed scopes of an input, and the errors of the others. The path of a scope that names a repository of
 * another organization is well-formed: such a repository is not found, as if it did not exist.
 */
export function parseScopes(
  inputs: readonly ScopeInput[],
  organizationName: string,
  path: readonly string[],
): { readonly scopes: readonly ParsedScope[]; readonly errors: readonly UserError[] } {
  const tooMany: UserError = { code: 'INVALID', path, message: tooManyRepositories }
  if (inputs.length > maxScopes) return { scopes: [], errors: [tooMany] }
  const errors: UserError[] = []
  if (inputs.length === 0)
    errors.push({ code: 'INVALID', path, message: 'Give at least one scope: a token without scopes could do nothing.' })
  const scopes: ParsedScope[] = []
  const seen = new Set<string>()
  for (const [index, input] of inputs.entries()) {
    const at = [...path, String(index)]
    const kind = scopeKindOf(input, organizationName)
    if (kind === null) {
      errors.push({ code: 'INVALID', path: [...at, 'path'], message: pathRule(input.resource, organizationName) })
      continue
    }
    if (seen.has(input.path)) {
      const message = `${input.path} is in two scopes. Put its permissions into one.`
      errors.push({ code: 'INVALID', path: [...at, 'path'], message })
    }
    seen.add(input.path)
    errors.push(...permissionErrors(input, kind, [...at, 'permissions']))
    scopes.push({ index, kind, path: input.path, permissions: [...new Set(input.permissions)] })
  }
  const named = scopes.filter(({ kind }) => kind === 'NAMED_REPOSITORY')
  return named.length > maxNamedRepositories ? { scopes: [], errors: [...errors, tooMany] } : { scopes, errors }
}

const tooManyRepositories = [
  `A token names at most ${maxNamedRepositories} repositories.`,
  'Name fewer, or use the path of all of them.',
].join(' ')

function scopeKindOf(input: ScopeInput, organizationName: string): ScopeKind | null {
  if (input.resource === 'ORGANIZATION') return input.path === organizationName ? 'ORGANIZATION' : null
  if (input.path === publicRepositoriesPath) return 'PUBLIC_REPOSITORIES'
  if (input.path === `${organizationName}/*`) return 'ALL_REPOSITORIES'
  return parseRepositoryName(input.path) === null ? null : 'NAMED_REPOSITORY'
}

function pathRule(resource: ScopeResource, organizationName: string): string {
  if (resource === 'ORGANIZATION')
    return `Write ${organizationName}: a token's organization scope is its own organization.`
  return (
    `Write a repository as ${organizationName}/NAME, all of them as ${organizationName}/*, ` +
    `or public ones as ${publicRepositoriesPath}.`
  )
}

function permissionErrors({ path, permissions }: ScopeInput, kind: ScopeKind, at: readonly string[]): UserError[] {
  if (permissions.length === 0)
    return [{ code: 'INVALID', path: at, message: `Give at least one permission on ${path}, or leave the scope out.` }]
  if (permissions.length > everyPermission.length)
    return [{ code: 'INVALID', path: at, message: `Give each permission on ${path} once.` }]
  return permissions.flatMap((permission, index): UserError[] => {
    const message = misplacedMessage(permission, kind)
    return message === null ? [] : [{ code: 'SCOPE_NOT_ALLOWED', path: [...at, String(index)], message }]
  })
}

function misplacedMessage(permission: Permission, kind: ScopeKind): string | null {
  const resource = permissionResource(permission)
  if (resource !== resourceOf(kind)) return `${permission} belongs into a scope of the resource ${resource}.`
  const isExcessive = kind === 'PUBLIC_REPOSITORIES' && permission !== 'IMAGE_PULL'
  return isExcessive ? 'On public repositories a token may only pull. Write IMAGE_PULL here.' : null
}

/**
 * The scopes with the repositories that they name, which are kept from being deleted until the transaction ends, and an
 * error (NOT_FOUND) for each that the organization does not have.
 */
export async function resolveScopes(
  em: EntityManager,
  scopes: readonly ParsedScope[],
  organization: { readonly id: string; readonly name: string },
  path: readonly string[],
): Promise<{ readonly scopes: readonly ResolvedScope[]; readonly errors: readonly UserError[] }> {
  const prefix = `${organization.name}/`
  const paths = scopes.flatMap((scope) =>
    scope.kind === 'NAMED_REPOSITORY' && scope.path.startsWith(prefix) ? [scope.path.slice(prefix.length)] : [],
  )
  const idByPath = await lockRepositoriesByPath(em, organization.id, paths)
  const errors: UserError[] = []
  const resolved = scopes.flatMap(({ index, ...scope }): ResolvedScope[] => {
    if (scope.kind !== 'NAMED_REPOSITORY') return [{ ...scope, repositoryId: null, repositoryNamespaceId: null }]
    const isOwn = scope.path.startsWith(prefix)
    const repositoryId = isOwn ? (idByPath.get(scope.path.slice(prefix.length)) ?? null) : null
    if (repositoryId !== null) return [{ ...scope, repositoryId, repositoryNamespaceId: organization.id }]
    const message = `${organization.name} has no repository ${scope.path}. Create it first, or check the name.`
    errors.push({ code: 'NOT_FOUND', path: [...path, String(index), 'path'], message })
    return []
  })
  return { scopes: resolved, errors }
}
