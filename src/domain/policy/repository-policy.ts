import type { RepositoryAccess } from '../model/group.ts'
import type { OrganizationRole } from '../model/membership.ts'
import { type Permission, permissions, withIncluded } from '../model/permission.ts'
import { accessPermissions } from '../model/personal-access.ts'
import type { RepositoryVisibility } from '../model/repository.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import type { TokenScope } from '../model/scope.ts'
import { heldByToken, readingPerson } from './policy.ts'
import { actingPerson, namespaceIdOf, type Person, type Principal, personBehind } from './principal.ts'

/* The part of the policy (see policy.ts) about repositories and their images. */

/** People create repositories in their own namespace, and owners and editors in the organization. */
export function mayCreateRepository(principal: Principal, namespaceId: string): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return principal.organization.id === namespaceId && heldByToken(principal.scopes).has('REPOSITORY_CREATE')
  const person = actingPerson(principal)
  return person !== null && createsRepositories(person, namespaceId)
}

function createsRepositories(person: Person, namespaceId: string): boolean {
  const role = person.organizationAccess.get(namespaceId)?.role
  return person.user.id === namespaceId || role === 'OWNER' || role === 'EDITOR'
}

/** The facts about a repository that the policy needs. */
export interface RepositoryFacts {
  readonly id: string
  readonly namespaceId: string
  readonly visibility: RepositoryVisibility
  /**
   * The highest access that a group gives the caller. Null without a group, or for a caller outside the organization.
   */
  readonly groupAccess: RepositoryAccess | null
}

/** The id of the person whose groups count for a principal; empty: no person. */
export function groupMemberId(principal: Principal): string {
  return personBehind(principal)?.user.id ?? ''
}

const everything: readonly Permission[] = ['IMAGE_DELETE', 'REPOSITORY_ADMIN']
const publicRepository: readonly Permission[] = ['IMAGE_PULL', 'REPOSITORY_READ']
const byRole: Readonly<Record<OrganizationRole, readonly Permission[]>> = {
  OWNER: everything,
  EDITOR: ['IMAGE_PUSH', 'REPOSITORY_EDIT'],
  MEMBER: [],
}
const byGroup: Readonly<Record<RepositoryAccess, readonly Permission[]>> = {
  READ: ['IMAGE_PULL', 'REPOSITORY_READ'],
  WRITE: ['IMAGE_PUSH', 'REPOSITORY_READ'],
  ADMIN: everything,
}

/** The permissions of the principal on a repository, with included ones, in the order of the catalog. */
export function repositoryPermissions(principal: Principal, repository: RepositoryFacts): Permission[] {
  const held = withIncluded(directRepositoryPermissions(principal, repository))
  return permissions.filter((permission) => held.has(permission))
}

function directRepositoryPermissions(principal: Principal, repository: RepositoryFacts): readonly Permission[] {
  switch (principal.kind) {
    case 'ANONYMOUS':
      return openToAll(repository)
    case 'SESSION':
    case 'PASSWORD':
      return permissionsOfPerson(principal, repository)
    case 'PERSONAL_TOKEN': {
      if (!principal.scopes.some((scope) => covers(scope, repository, null))) return []
      const { access } = principal.token
      if (access === 'PUBLIC_READ' && repository.visibility !== 'PUBLIC') return []
      const allowed = withIncluded(accessPermissions[access])
      return [...withIncluded(permissionsOfPerson(principal, repository))].filter((each) => allowed.has(each))
    }
    case 'ORGANIZATION_TOKEN':
      return principal.scopes.flatMap((scope) =>
        covers(scope, repository, principal.organization.id) ? scope.permissions : [],
      )
  }
}

function openToAll(repository: RepositoryFacts): readonly Permission[] {
  return repository.visibility === 'PUBLIC' ? publicRepository : []
}

function permissionsOfPerson(person: Person, repository: RepositoryFacts): readonly Permission[] {
  if (person.user.id === repository.namespaceId) return everything
  const access = person.organizationAccess.get(repository.namespaceId)
  const granted = [...openToAll(repository)]
  if (access?.role) {
    granted.push(...byRole[access.role])
    if (repository.groupAccess !== null) granted.push(...byGroup[repository.groupAccess])
  }
  // Owners of the company see the repositories, to choose scopes, but do not pull or push.
  if (access?.ownsCompany) granted.push('REPOSITORY_READ')
  return granted
}

/** Whether a scope of a token of this organization covers a repository. Null for a personal token. */
export function covers(scope: TokenScope, repository: RepositoryFacts, organizationId: string | null): boolean {
  switch (scope.kind) {
    case 'NAMED_REPOSITORY':
      return scope.repositoryId === repository.id
    case 'ALL_REPOSITORIES':
      return organizationId === repository.namespaceId
    case 'PUBLIC_REPOSITORIES':
      return repository.visibility === 'PUBLIC'
    case 'REACHABLE_REPOSITORIES':
      return true
    case 'ORGANIZATION':
      return false
  }
}

/** Whether the principal can see a repository. */
export function maySeeRepository(principal: Principal, repository: RepositoryFacts): boolean {
  return (
    repositoryPermissions(principal, repository).length > 0 || listsEveryRepository(principal, repository.namespaceId)
  )
}

/** Whether the principal sees every repository of a namespace, also private ones. */
export function listsEveryRepository(principal: Principal, namespaceId: string): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return (
      principal.organization.id === namespaceId &&
      (principal.scopes.some((scope) => scope.kind === 'ALL_REPOSITORIES') ||
        heldByToken(principal.scopes).has('REPOSITORY_LIST'))
    )
  if (principal.kind === 'PERSONAL_TOKEN' && principal.token.access === 'PUBLIC_READ') return false
  const person = readingPerson(principal)
  const access = person?.organizationAccess.get(namespaceId)
  return person?.user.id === namespaceId || access?.ownsCompany === true || (access?.role ?? 'MEMBER') !== 'MEMBER'
}

/**
 * The repository of that full name as the first push of the principal creates it. Null if the name is invalid, or if
 * the principal may not create it.
 */
export function repositoryCreatedByPush(principal: Principal, name: string): RepositoryFacts | null {
  const parsed = parseRepositoryName(name)
  const namespaceId = parsed && namespaceIdOf(principal, parsed.namespace)
  if (namespaceId === null || !mayCreateRepositoryByPush(principal, namespaceId)) return null
  return { id: '', namespaceId, visibility: 'PRIVATE', groupAccess: null }
}

/** Whether a push by the principal may create its repository. */
export function mayCreateRepositoryByPush(principal: Principal, namespaceId: string): boolean {
  switch (principal.kind) {
    case 'ORGANIZATION_TOKEN':
      return (
        mayCreateRepository(principal, namespaceId) &&
        principal.scopes.some(
          (scope) => scope.kind === 'ALL_REPOSITORIES' && withIncluded(scope.permissions).has('IMAGE_PUSH'),
        )
      )
    case 'PERSONAL_TOKEN':
      return (
        createsRepositories(principal, namespaceId) &&
        principal.scopes.some(
          (scope) => scope.kind === 'REACHABLE_REPOSITORIES' && withIncluded(scope.permissions).has('IMAGE_PUSH'),
        )
      )
    default:
      return mayCreateRepository(principal, namespaceId)
  }
}
