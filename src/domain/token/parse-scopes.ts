import { type Permission, permissionResource } from '../model/permission.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { publicRepositoriesPath, resourceOf, type ScopeKind, type ScopeResource } from '../model/scope.ts'
import type { InputErrors } from '../shared/errors.ts'

/** A scope as a person writes it. */
export interface ScopeInput {
  readonly resource: ScopeResource
  readonly path: string
  readonly permissions: readonly Permission[]
}

/** A scope whose form has been checked; whether its repository exists has not. */
export interface ParsedScope {
  /** Where it stands in the input, in which others may be faulty. */
  readonly index: number
  readonly kind: ScopeKind
  readonly path: string
  readonly permissions: readonly Permission[]
}

/** The most repositories that a token can name. */
export const maxNamedRepositories = 50
// Every named repository, and one each of the three other kinds.
const maxScopes = maxNamedRepositories + 3

/**
 * Checks scopes against the organization they are for: form, duplicates, number, and that each permission fits its
 * resource. Adds a fault for each thing wrong, at its place below `path`.
 */
export function parseScopes(
  inputs: readonly ScopeInput[],
  organizationName: string,
  path: readonly string[],
  errors: InputErrors,
): ParsedScope[] {
  if (inputs.length === 0)
    errors.add('INVALID', path, 'Give at least one scope: a token without scopes could do nothing.')
  if (inputs.length > maxScopes) {
    errors.add('INVALID', path, tooManyRepositories)
    return []
  }
  const scopes: ParsedScope[] = []
  const seen = new Set<string>()
  for (const [index, input] of inputs.entries()) {
    const at = [...path, String(index)]
    const kind = scopeKindOf(input, organizationName)
    if (kind === null) {
      errors.add('INVALID', [...at, 'path'], pathRule(input.resource, organizationName))
      continue
    }
    if (seen.has(input.path))
      errors.add('INVALID', [...at, 'path'], `${input.path} stands in two scopes. Put its permissions into one.`)
    seen.add(input.path)
    checkPermissions(input, kind, at, errors)
    scopes.push({ index, kind, path: input.path, permissions: [...new Set(input.permissions)] })
  }
  if (scopes.filter(({ kind }) => kind === 'NAMED_REPOSITORY').length > maxNamedRepositories) {
    errors.add('INVALID', path, tooManyRepositories)
    return []
  }
  return scopes
}

const tooManyRepositories = `A token names at most ${maxNamedRepositories} repositories. Name fewer, or use the path of all of them.`

// Of a repository in another namespace nothing is said here but that it is not found, as for one that does not exist.
function scopeKindOf(input: ScopeInput, organizationName: string): ScopeKind | null {
  if (input.resource === 'ORGANIZATION') return input.path === organizationName ? 'ORGANIZATION' : null
  if (input.path === publicRepositoriesPath) return 'PUBLIC_REPOSITORIES'
  if (input.path === `${organizationName}/*`) return 'ALL_REPOSITORIES'
  return parseRepositoryName(input.path) === null ? null : 'NAMED_REPOSITORY'
}

function pathRule(resource: ScopeResource, organizationName: string): string {
  if (resource === 'ORGANIZATION')
    return `Write ${organizationName}: a token's organization scope is its own organization.`
  return `Write a repository as ${organizationName}/NAME, all of them as ${organizationName}/*, or public ones as ${publicRepositoriesPath}.`
}

function checkPermissions(input: ScopeInput, kind: ScopeKind, at: readonly string[], errors: InputErrors): void {
  if (input.permissions.length === 0)
    errors.add(
      'INVALID',
      [...at, 'permissions'],
      `Give at least one permission on ${input.path}, or leave the scope out.`,
    )
  for (const [index, permission] of input.permissions.entries()) {
    const place = [...at, 'permissions', String(index)]
    const resource = permissionResource(permission)
    if (resource !== resourceOf(kind))
      errors.add('SCOPE_NOT_ALLOWED', place, `${permission} belongs into a scope of the resource ${resource}.`)
    else if (kind === 'PUBLIC_REPOSITORIES' && permission !== 'IMAGE_PULL')
      errors.add('SCOPE_NOT_ALLOWED', place, `On public repositories a token may only pull. Write IMAGE_PULL here.`)
  }
}
