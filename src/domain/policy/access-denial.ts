import type { Permission } from '../model/permission.ts'
import { personalAccesses } from '../model/personal-access.ts'
import type { OrganizationTokenPrincipal, PersonalTokenPrincipal } from './principal.ts'
import { covers, type RepositoryFacts, repositoryPermissions } from './repository-policy.ts'

/** Why a usable token lacks a permission on an existing repository. */
type RightsDenialReason =
  | 'NO_SCOPE_FOR_REPOSITORY'
  | 'PERMISSION_NOT_IN_SCOPE'
  | 'PERMISSION_NOT_IN_ACCESS'
  | 'PERSON_LACKS_PERMISSION'

/** Why a token is not granted a permission on a repository. */
export type AccessRefusalReason =
  | 'TOKEN_INACTIVE'
  | 'TOKEN_SUSPENDED'
  | 'TOKEN_EXPIRED'
  | 'REPOSITORY_MISSING'
  | RightsDenialReason
  | 'PULL_LIMIT_REACHED'

export type TokenPrincipal = OrganizationTokenPrincipal | PersonalTokenPrincipal

/** A repository with its name, for messages. */
export interface NamedFacts extends RepositoryFacts {
  /** The full name, for example `acme/api`. */
  readonly name: string
}

/**
 * Why a usable token lacks a permission on a repository. Null if it has the permission. repository-policy.ts decides
 * that; this function only finds the reason of its denial.
 */
export function denialReason(
  principal: TokenPrincipal,
  repository: RepositoryFacts,
  permission: Permission,
): RightsDenialReason | null {
  if (repositoryPermissions(principal, repository).includes(permission)) return null
  const organizationId = principal.kind === 'ORGANIZATION_TOKEN' ? principal.organization.id : null
  if (!principal.scopes.some((scope) => covers(scope, repository, organizationId))) return 'NO_SCOPE_FOR_REPOSITORY'
  if (principal.kind === 'ORGANIZATION_TOKEN') return 'PERMISSION_NOT_IN_SCOPE'
  const { user, organizationAccess } = principal
  const held = repositoryPermissions({ kind: 'PASSWORD', user, organizationAccess }, repository)
  return held.includes(permission) ? 'PERMISSION_NOT_IN_ACCESS' : 'PERSON_LACKS_PERMISSION'
}

/** A message that says why, and what to do. */
export function denialMessage(
  reason: RightsDenialReason,
  principal: TokenPrincipal,
  repository: NamedFacts,
  permission: Permission,
): string {
  const { name } = repository
  switch (reason) {
    case 'NO_SCOPE_FOR_REPOSITORY':
      return scopeMessage(principal, repository)
    case 'PERMISSION_NOT_IN_SCOPE':
      return `No scope of this token that covers ${name} gives ${permission}. Let updateToken add it.`
    case 'PERMISSION_NOT_IN_ACCESS':
      return accessMessage(principal, repository, permission)
    case 'PERSON_LACKS_PERMISSION':
      return (
        `No role and no group gives you ${permission} on ${name}, and no token of yours has more than you. ` +
        'Ask an owner for a role or a group that does.'
      )
  }
}

function scopeMessage(principal: TokenPrincipal, { name, namespaceId, visibility }: NamedFacts): string {
  const isElsewhere = principal.kind === 'ORGANIZATION_TOKEN' && principal.organization.id !== namespaceId
  if (!isElsewhere) return `No scope of this token covers ${name}. Let updateToken add one that does.`
  return visibility === 'PUBLIC'
    ? `The repository ${name} is of another organization, and no scope of this token covers what is public ` +
        'there. Let updateToken add */*/public.'
    : `The repository ${name} is of another organization, where this token reaches nothing private. Use a token ` +
        'of that one.'
}

function accessMessage(principal: TokenPrincipal, repository: NamedFacts, permission: Permission): string {
  const enough = personalAccesses.find(
    (access) =>
      principal.kind === 'PERSONAL_TOKEN' &&
      denialReason({ ...principal, token: { ...principal.token, access } }, repository, permission) === null,
  )
  return enough === undefined
    ? `No personal token has ${permission}, whatever its access. Sign in to do this yourself.`
    : `The access of this token does not give ${permission} on ${repository.name}. Let updateToken change it to ` +
        `${enough}.`
}
