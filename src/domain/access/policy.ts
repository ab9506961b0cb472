import type { OrganizationRole } from '../account/membership.ts'
import type { RepositoryVisibility } from '../repository/repository.ts'
import { type Permission, permissions, withIncluded } from '../token/permission.ts'
import { type Principal, type Standing, standingById } from './principal.ts'

/*
 * The law. Every question of the form "may this principal do that" is answered here and nowhere else: graphql-shield, the
 * verbs and the registry door all ask these functions. They read no database; what they need is on the principal and in
 * the arguments.
 */

/** The role a frontend shows: an owner of the company counts as an owner. */
export function effectiveRole(standing: Standing | null): OrganizationRole | null {
  if (standing === null) return null
  return standing.ownsCompany ? 'OWNER' : standing.role
}

/** Whether the principal may know that an organization exists. */
export function mayKnowOrganization(principal: Principal, organizationId: string): boolean {
  if (principal.kind === 'SESSION')
    return principal.user.isAdministrator || standingById(principal, organizationId) !== null
  return principal.kind === 'ORGANIZATION_TOKEN' && principal.organization.id === organizationId
}

/** Owners of the organization and of its company see, make, edit and delete its tokens; nobody else does. */
export function mayManageTokens(principal: Principal, organizationId: string): boolean {
  return effectiveRole(standingById(principal, organizationId)) === 'OWNER'
}

/** Owners of the organization and of its company change its settings. */
export function mayEditOrganization(principal: Principal, organizationId: string): boolean {
  return effectiveRole(standingById(principal, organizationId)) === 'OWNER'
}

/** Administrators of the installation sign people up, choose plans and make companies; they manage nobody's tokens by that. */
export function isAdministrator(principal: Principal): boolean {
  return principal.kind === 'SESSION' && principal.user.isAdministrator
}

/** Whether the principal may make repositories in a namespace: a person in their own, editors and owners in an organization. */
export function mayCreateRepository(principal: Principal, namespaceId: string): boolean {
  if (principal.kind === 'SESSION') {
    const role = standingById(principal, namespaceId)?.role
    return principal.user.id === namespaceId || role === 'OWNER' || role === 'EDITOR'
  }
  return (
    principal.kind === 'ORGANIZATION_TOKEN' &&
    principal.organization.id === namespaceId &&
    principal.scopes.some((scope) => scope.permissions.includes('REPOSITORY_CREATE'))
  )
}

/** What of a repository the law looks at. */
export interface RepositoryFacts {
  readonly id: string
  readonly namespaceId: string
  readonly visibility: RepositoryVisibility
}

const everything: readonly Permission[] = ['IMAGE_DELETE', 'REPOSITORY_ADMIN']
const publicRepository: readonly Permission[] = ['IMAGE_PULL', 'REPOSITORY_READ']
const byRole: Readonly<Record<OrganizationRole, readonly Permission[]>> = {
  OWNER: everything,
  EDITOR: ['IMAGE_PUSH', 'REPOSITORY_EDIT'],
  MEMBER: [],
}

/** Every permission the principal holds on a repository, included ones spelled out, in the catalogue's order. */
export function repositoryPermissions(principal: Principal, repository: RepositoryFacts): Permission[] {
  const held = withIncluded(directRepositoryPermissions(principal, repository))
  return permissions.filter((permission) => held.has(permission))
}

function directRepositoryPermissions(principal: Principal, repository: RepositoryFacts): readonly Permission[] {
  const open = repository.visibility === 'PUBLIC' ? publicRepository : []
  switch (principal.kind) {
    case 'ANONYMOUS':
      return open
    case 'SESSION': {
      if (principal.user.id === repository.namespaceId) return everything
      const standing = standingById(principal, repository.namespaceId)
      const granted = [...open]
      if (standing?.role) granted.push(...byRole[standing.role])
      // Owning the company gives sight of the repositories, to choose scopes from, and no pull or push.
      if (standing?.ownsCompany) granted.push('REPOSITORY_READ')
      return granted
    }
    case 'ORGANIZATION_TOKEN':
      return principal.scopes.flatMap((scope) => (covers(principal, scope, repository) ? scope.permissions : []))
  }
}

function covers(
  principal: Extract<Principal, { kind: 'ORGANIZATION_TOKEN' }>,
  scope: Extract<Principal, { kind: 'ORGANIZATION_TOKEN' }>['scopes'][number],
  repository: RepositoryFacts,
): boolean {
  switch (scope.kind) {
    case 'NAMED_REPOSITORY':
      return scope.repositoryId === repository.id
    case 'ALL_REPOSITORIES':
      return principal.organization.id === repository.namespaceId
    case 'PUBLIC_REPOSITORIES':
      return repository.visibility === 'PUBLIC'
    case 'ORGANIZATION':
      return false
  }
}

/** Whether the principal may know that a repository exists. */
export function maySeeRepository(principal: Principal, repository: RepositoryFacts): boolean {
  if (repository.visibility === 'PUBLIC' && principal.kind !== 'ORGANIZATION_TOKEN') return true
  return (
    repositoryPermissions(principal, repository).length > 0 || listsEveryRepository(principal, repository.namespaceId)
  )
}

/** Whether the principal sees each repository of a namespace, private ones included. */
export function listsEveryRepository(principal: Principal, namespaceId: string): boolean {
  if (principal.kind === 'SESSION') {
    const standing = standingById(principal, namespaceId)
    return (
      principal.user.id === namespaceId || standing?.ownsCompany === true || (standing?.role ?? 'MEMBER') !== 'MEMBER'
    )
  }
  return (
    principal.kind === 'ORGANIZATION_TOKEN' &&
    principal.organization.id === namespaceId &&
    principal.scopes.some((scope) => scope.kind === 'ALL_REPOSITORIES' || scope.permissions.includes('REPOSITORY_LIST'))
  )
}

/** Whether a token that pushes to a repository that does not exist yet may make it by that. */
export function mayCreateRepositoryByPush(principal: Principal, namespaceId: string): boolean {
  return (
    principal.kind === 'ORGANIZATION_TOKEN' &&
    mayCreateRepository(principal, namespaceId) &&
    principal.scopes.some(
      (scope) => scope.kind === 'ALL_REPOSITORIES' && withIncluded(scope.permissions).has('IMAGE_PUSH'),
    )
  )
}
