import type { Permission } from './permission.ts'

export const scopeResources = ['REPOSITORY', 'ORGANIZATION'] as const
export type ScopeResource = (typeof scopeResources)[number]

export const scopeKinds = [
  'NAMED_REPOSITORY',
  'ALL_REPOSITORIES',
  'PUBLIC_REPOSITORIES',
  'REACHABLE_REPOSITORIES',
  'ORGANIZATION',
] as const
export type ScopeKind = (typeof scopeKinds)[number]

/** The path of all public repositories, of any namespace. */
export const publicRepositoriesPath = '*/*/public'

/** The path of all repositories that a person can reach, also public ones. For personal tokens only. */
export const reachableRepositoriesPath = '*/*'

/** A valid scope of a token. Its repository exists. */
export interface TokenScope {
  readonly kind: ScopeKind
  /** The named repository. Null for the other kinds. */
  readonly repositoryId: string | null
  /** The path in the API: `acme/api`, `acme/*`, the path of public repositories, or `acme`. */
  readonly path: string
  /** As they were given, without included ones. */
  readonly permissions: readonly Permission[]
}

/** The resource that a kind of scope is for. */
export function resourceOf(kind: ScopeKind): ScopeResource {
  return kind === 'ORGANIZATION' ? 'ORGANIZATION' : 'REPOSITORY'
}

/** A stored scope, with the path of its repository. */
export interface ScopeRow {
  readonly kind: ScopeKind
  readonly repositoryId: string | null
  readonly repositoryPath: string | null
  /** The name of the repository's namespace. Null if that is the token's namespace. */
  readonly repositoryNamespace: string | null
  readonly permissions: readonly Permission[]
}

/** The path of a scope in the API, for a token of the namespace with this name. */
export function scopePath(scope: Omit<ScopeRow, 'permissions' | 'repositoryId'>, namespaceName: string): string {
  switch (scope.kind) {
    case 'NAMED_REPOSITORY':
      return `${scope.repositoryNamespace ?? namespaceName}/${scope.repositoryPath ?? ''}`
    case 'ALL_REPOSITORIES':
      return `${namespaceName}/*`
    case 'PUBLIC_REPOSITORIES':
      return publicRepositoriesPath
    case 'REACHABLE_REPOSITORIES':
      return reachableRepositoriesPath
    case 'ORGANIZATION':
      return namespaceName
  }
}
