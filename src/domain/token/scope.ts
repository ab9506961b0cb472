import type { Permission } from './permission.ts'

export const scopeResources = ['REPOSITORY', 'ORGANIZATION'] as const
export type ScopeResource = (typeof scopeResources)[number]

export const scopeKinds = ['NAMED_REPOSITORY', 'ALL_REPOSITORIES', 'PUBLIC_REPOSITORIES', 'ORGANIZATION'] as const
export type ScopeKind = (typeof scopeKinds)[number]

/** The path of every public repository, of whatever namespace. */
export const publicRepositoriesPath = '*/*/public'

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

/** How a scope's path is written. */
export function scopePath(kind: ScopeKind, organizationName: string, repositoryPath: string | null): string {
  switch (kind) {
    case 'NAMED_REPOSITORY':
      return `${organizationName}/${repositoryPath ?? ''}`
    case 'ALL_REPOSITORIES':
      return `${organizationName}/*`
    case 'PUBLIC_REPOSITORIES':
      return publicRepositoriesPath
    case 'ORGANIZATION':
      return organizationName
  }
}
