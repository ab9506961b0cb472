import { isHigher, type OrganizationRole } from '../account/membership.ts'
import type { OrganizationRow } from '../account/organization.ts'
import type { RepositoryAccess } from '../group/group.ts'
import type { RepositoryVisibility } from '../repository/repository.ts'
import { type Permission, permissions, withIncluded } from '../token/permission.ts'
import { accessPermissions } from '../token/personal-access.ts'
import type { TokenScope } from '../token/scope.ts'
import { actingPerson, type Person, type Principal, type Standing, standingById } from './principal.ts'

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
  if (principal.kind === 'ORGANIZATION_TOKEN') return principal.organization.id === organizationId
  const person = readingPerson(principal)
  return person !== null && (isAdministrator(principal) || person.standings.has(organizationId))
}

/**
 * The person whose organizations the principal reads: one who acts, and the one behind a personal token that reaches
 * everything the person does. A token for named or public repositories reads these and no more.
 */
export function readingPerson(principal: Principal): Person | null {
  if (principal.kind !== 'PERSONAL_TOKEN') return actingPerson(principal)
  return principal.scopes.some((scope) => scope.kind === 'REACHABLE_REPOSITORIES') ? principal : null
}

/** Owners of the organization and of its company see, make, edit and delete its tokens, and people their own; nobody else does. */
export function mayManageTokens(principal: Principal, namespaceId: string): boolean {
  return (
    actingPerson(principal)?.user.id === namespaceId || effectiveRole(standingById(principal, namespaceId)) === 'OWNER'
  )
}

/** Owners of the organization and of its company change its settings. */
export function mayEditOrganization(principal: Principal, organizationId: string): boolean {
  return effectiveRole(standingById(principal, organizationId)) === 'OWNER'
}

/**
 * Owners of the organization and of its company, and administrators of the installation, choose its policy and its company,
 * and see who owns that. Administrators, so that a provider of single sign-on that is down locks nobody out.
 */
export function mayGovernOrganization(principal: Principal, organizationId: string): boolean {
  return isAdministrator(principal) || mayEditOrganization(principal, organizationId)
}

/** What of a company the law looks at. */
export interface CompanyFacts {
  /** Whether the person who asks is an owner. */
  readonly isOwned: boolean
}

/** Whether the principal sees a company, and says who owns it: its owners, and administrators of the installation. */
export function mayManageCompany(principal: Principal, company: CompanyFacts): boolean {
  return isAdministrator(principal) || (actingPerson(principal) !== null && company.isOwned)
}

/** What a token of the organization may be allowed to do with its people and records. */
export type OrganizationPermission = Extract<
  Permission,
  | 'MEMBER_READ'
  | 'MEMBER_EDIT'
  | 'INVITE_READ'
  | 'INVITE_EDIT'
  | 'GROUP_READ'
  | 'GROUP_EDIT'
  | 'ACTIVITY_READ'
  | 'REPORT_READ'
>

// What members see of each other. All else takes an owner.
const ofMembers: ReadonlySet<Permission> = new Set(['MEMBER_READ', 'GROUP_READ'])

/**
 * Whether the principal may do this in an organization: owners of it and of its company everything; members, also with a
 * personal token that reaches all of theirs, see members and groups; a token of the organization does what its scopes say.
 */
export function mayInOrganization(
  principal: Principal,
  organizationId: string,
  permission: OrganizationPermission,
): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return principal.organization.id === organizationId && heldByToken(principal.scopes).has(permission)
  if (ofMembers.has(permission)) return readingPerson(principal)?.standings.has(organizationId) === true
  return effectiveRole(standingById(principal, organizationId)) === 'OWNER'
}

function heldByToken(scopes: readonly TokenScope[]): Set<Permission> {
  return withIncluded(scopes.flatMap((scope) => (scope.kind === 'ORGANIZATION' ? scope.permissions : [])))
}

/**
 * Whether the principal may make somebody an owner of an organization, or end that: only people who own it or its company.
 * A token that could would manage tokens by way of whom it makes an owner.
 */
export function mayAppointOwners(principal: Principal, organizationId: string): boolean {
  return effectiveRole(standingById(principal, organizationId)) === 'OWNER'
}

/** A change of one membership: the role it has, and the one it is to have; null ends it. */
export interface MemberChange {
  readonly userId: string
  readonly from: OrganizationRole
  readonly to: OrganizationRole | null
}

/**
 * Whether the principal may change a membership. Everybody may leave and step down; what makes an owner, or ends that, is for
 * those who appoint owners.
 */
export function mayChangeMember(principal: Principal, organizationId: string, change: MemberChange): boolean {
  const { userId, from, to } = change
  if (actingPerson(principal)?.user.id === userId && (to === null || !isHigher(to, from))) return true
  if (from === 'OWNER' || to === 'OWNER') return mayAppointOwners(principal, organizationId)
  return mayInOrganization(principal, organizationId, 'MEMBER_EDIT')
}

/** What of an invite the law looks at. */
export interface InviteFacts {
  readonly organizationId: string
  readonly role: OrganizationRole
  /** Whether it is for the person who asks, signed in: by their name or their e-mail address. */
  readonly isForCaller: boolean
}

/** Whether the principal may know that an invite exists: whoever reads those of the organization, and whom it is for. */
export function maySeeInvite(principal: Principal, invite: InviteFacts): boolean {
  return invite.isForCaller || mayHandleInvite(principal, invite, 'INVITE_READ')
}

/** Whether the principal may take an invite back, or decline it. */
export function mayCancelInvite(principal: Principal, invite: InviteFacts): boolean {
  return invite.isForCaller || mayHandleInvite(principal, invite, 'INVITE_EDIT')
}

// With the id of an invite to an address, whoever claims the address may accept it: a token is not to find one that makes owners.
function mayHandleInvite(
  principal: Principal,
  { organizationId, role }: InviteFacts,
  permission: 'INVITE_READ' | 'INVITE_EDIT',
): boolean {
  return (
    mayInOrganization(principal, organizationId, permission) &&
    (role !== 'OWNER' || mayAppointOwners(principal, organizationId))
  )
}

/** Administrators of the installation sign people up, choose plans and make companies; they manage nobody's tokens by that. */
export function isAdministrator(principal: Principal): boolean {
  return actingPerson(principal)?.user.isAdministrator === true
}

/** Whether the principal may make repositories in a namespace: a person in their own, editors and owners in an organization. */
export function mayCreateRepository(principal: Principal, namespaceId: string): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return principal.organization.id === namespaceId && heldByToken(principal.scopes).has('REPOSITORY_CREATE')
  const person = actingPerson(principal)
  return person !== null && createsRepositories(person, namespaceId)
}

function createsRepositories(person: Person, namespaceId: string): boolean {
  const role = person.standings.get(namespaceId)?.role
  return person.user.id === namespaceId || role === 'OWNER' || role === 'EDITOR'
}

/** What of a repository the law looks at. */
export interface RepositoryFacts {
  readonly id: string
  readonly namespaceId: string
  readonly visibility: RepositoryVisibility
  /** The most that a group gives the person who asks; null: nothing, or nobody of the organization asks. */
  readonly groupAccess: RepositoryAccess | null
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

/** Every permission the principal holds on a repository, included ones spelled out, in the catalogue's order. */
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
  const standing = person.standings.get(repository.namespaceId)
  const granted = [...openToAll(repository)]
  if (standing?.role) {
    granted.push(...byRole[standing.role])
    if (repository.groupAccess !== null) granted.push(...byGroup[repository.groupAccess])
  }
  // Owning the company gives sight of the repositories, to choose scopes from, and no pull or push.
  if (standing?.ownsCompany) granted.push('REPOSITORY_READ')
  return granted
}

function covers(scope: TokenScope, repository: RepositoryFacts, organizationId: string | null): boolean {
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

/** Whether the principal may know that a repository exists. */
export function maySeeRepository(principal: Principal, repository: RepositoryFacts): boolean {
  return (
    repositoryPermissions(principal, repository).length > 0 || listsEveryRepository(principal, repository.namespaceId)
  )
}

/** Whether the principal sees each repository of a namespace, private ones included. */
export function listsEveryRepository(principal: Principal, namespaceId: string): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return (
      principal.organization.id === namespaceId &&
      (principal.scopes.some((scope) => scope.kind === 'ALL_REPOSITORIES') ||
        heldByToken(principal.scopes).has('REPOSITORY_LIST'))
    )
  if (principal.kind === 'PERSONAL_TOKEN' && principal.token.access === 'PUBLIC_READ') return false
  const person = readingPerson(principal)
  const standing = person?.standings.get(namespaceId)
  return person?.user.id === namespaceId || standing?.ownsCompany === true || (standing?.role ?? 'MEMBER') !== 'MEMBER'
}

/** Whether one who pushes to a repository that does not exist yet may make it by that. */
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

/**
 * The organizations of a person that refuse passwords: members sign in through the organization's provider. None for
 * administrators of the installation, so that it cannot be locked by a provider that is down.
 */
export function organizationsRefusingPasswords({ user, standings }: Person): OrganizationRow[] {
  if (user.isAdministrator) return []
  const enforcing = [...standings.values()].filter(
    ({ role, organization }) => role !== null && organization.ssoEnforced,
  )
  return enforcing.map(({ organization }) => organization)
}

/** Whether a person may sign in and log in with their password: not while an organization of theirs refuses it. */
export function mayUsePassword(person: Person): boolean {
  return organizationsRefusingPasswords(person).length === 0
}

/**
 * Whether an account may be linked to one at an organization's provider, whose owners decide from then on who signs in as
 * that person: no administrator of the installation's.
 */
export function mayBeLinked(user: Pick<Person['user'], 'isAdministrator'>): boolean {
  return !user.isAdministrator
}
