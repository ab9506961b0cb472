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

/** The path of every public repository, of whatever namespace. */
export const publicRepositoriesPath = '*/*/public'

/** The path of every repository that a person can reach, public ones among them; for their tokens only. */
export const reachableRepositoriesPath = '*/*'

/** A token's scope as the rest of the code uses it: known to fit the resource, its repository known to exist. */
export interface TokenScope {
  readonly kind: ScopeKind
  /** The named repository; null for every other kind. */
  readonly repositoryId: string | null
  /** As a person writes it: `acme/api`, `acme/*`, the path of public repositories, or `acme`. */
  readonly path: string
  /** As they were given; what these include is not spelled out. */
  readonly permissions: readonly Permission[]
}

/** The resource that a kind of scope speaks of. */
export function resourceOf(kind: ScopeKind): ScopeResource {
  return kind === 'ORGANIZATION' ? 'ORGANIZATION' : 'REPOSITORY'
}

/** A scope as it is stored, with the path of the repository that it names. */
export interface ScopeRow {
  readonly kind: ScopeKind
  readonly repositoryId: string | null
  readonly repositoryPath: string | null
  /** The name of the repository's namespace; null where that is the token's own. */
  readonly repositoryNamespace: string | null
  readonly permissions: readonly Permission[]
}

/** How the path of a scope is written, for a token of the namespace of this name. */
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
