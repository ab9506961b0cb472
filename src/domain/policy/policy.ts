import { isHigher, type OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import { type Permission, withIncluded } from '../model/permission.ts'
import type { TokenScope } from '../model/scope.ts'
import {
  actingPerson,
  type OrganizationAccess,
  organizationAccessById,
  type Person,
  type Principal,
} from './principal.ts'

/*
 * The policy. These functions, and those of repository-policy.ts and token-policy.ts, are the only ones that decide
 * what a principal may do. graphql-shield, the verbs and the token endpoint call them. They read no database: the
 * principal and the arguments contain everything they need.
 */

/** The role in the API. Owners of the company count as owners. */
export function effectiveRole(access: OrganizationAccess | null): OrganizationRole | null {
  if (access === null) return null
  return access.ownsCompany ? 'OWNER' : access.role
}

/** Whether the principal can see an organization. */
export function maySeeOrganization(principal: Principal, organizationId: string): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN') return principal.organization.id === organizationId
  const person = readingPerson(principal)
  return person !== null && (isAdministrator(principal) || person.organizationAccess.has(organizationId))
}

/**
 * The person whose organizations the principal reads: a person who acts, or the owner of a personal token with access
 * to everything that the person can reach. Other personal tokens read only their repositories.
 */
export function readingPerson(principal: Principal): Person | null {
  if (principal.kind !== 'PERSONAL_TOKEN') return actingPerson(principal)
  return principal.scopes.some((scope) => scope.kind === 'REACHABLE_REPOSITORIES') ? principal : null
}

/** Owners of an organization and of its company manage its tokens, and people their own. */
export function mayManageTokens(principal: Principal, namespaceId: string): boolean {
  return (
    actingPerson(principal)?.user.id === namespaceId ||
    effectiveRole(organizationAccessById(principal, namespaceId)) === 'OWNER'
  )
}

/** Owners of an organization and of its company change its settings. */
export function mayEditOrganization(principal: Principal, organizationId: string): boolean {
  return effectiveRole(organizationAccessById(principal, organizationId)) === 'OWNER'
}

/**
 * Owners of an organization and of its company, and administrators of the installation, change its policy and company,
 * and see the owners of the company. Administrators can help when a provider of single sign-on is down.
 */
export function mayGovernOrganization(principal: Principal, organizationId: string): boolean {
  return isAdministrator(principal) || mayEditOrganization(principal, organizationId)
}

/** The facts about a company that the policy needs. */
export interface CompanyFacts {
  /** Whether the caller is an owner. */
  readonly isOwned: boolean
}

/** Owners of a company, and administrators of the installation, see it and change its owners. */
export function mayManageCompany(principal: Principal, company: CompanyFacts): boolean {
  return isAdministrator(principal) || (actingPerson(principal) !== null && company.isOwned)
}

/** The permissions that concern the people and records of an organization. */
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

// Members have these permissions. The others need an owner.
const ofMembers: ReadonlySet<Permission> = new Set(['MEMBER_READ', 'GROUP_READ'])

/**
 * Whether the principal has a permission in an organization. Its owners and those of its company have all of them.
 * Members see members and groups, also with a personal token for everything they can reach. A token of the organization
 * has the permissions of its scopes.
 */
export function hasOrganizationPermission(
  principal: Principal,
  organizationId: string,
  permission: OrganizationPermission,
): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return principal.organization.id === organizationId && heldByToken(principal.scopes).has(permission)
  if (ofMembers.has(permission)) return readingPerson(principal)?.organizationAccess.has(organizationId) === true
  return effectiveRole(organizationAccessById(principal, organizationId)) === 'OWNER'
}

/** The permissions that the scopes of a token give in its organization, with included ones. */
export function heldByToken(scopes: readonly TokenScope[]): Set<Permission> {
  return withIncluded(scopes.flatMap((scope) => (scope.kind === 'ORGANIZATION' ? scope.permissions : [])))
}

/**
 * Only people who own an organization or its company appoint and remove owners. A token with this right could manage
 * tokens through an owner that it appoints.
 */
export function mayAppointOwners(principal: Principal, organizationId: string): boolean {
  return effectiveRole(organizationAccessById(principal, organizationId)) === 'OWNER'
}

/** A change of a membership. `to` is the new role; null removes the member. */
export interface MemberChange {
  readonly userId: string
  readonly from: OrganizationRole
  readonly to: OrganizationRole | null
}

/**
 * Whether the principal may change a membership. Everybody may leave and step down. A change to or from owner needs a
 * person who appoints owners.
 */
export function mayChangeMember(principal: Principal, organizationId: string, change: MemberChange): boolean {
  const { userId, from, to } = change
  if (actingPerson(principal)?.user.id === userId && (to === null || !isHigher(to, from))) return true
  if (from === 'OWNER' || to === 'OWNER') return mayAppointOwners(principal, organizationId)
  return hasOrganizationPermission(principal, organizationId, 'MEMBER_EDIT')
}

/** The facts about an invite that the policy needs. */
export interface InviteFacts {
  readonly organizationId: string
  readonly role: OrganizationRole
  /** Whether it is for the signed-in caller, by username or e-mail address. */
  readonly isForCaller: boolean
}

/** The invitee, and principals that read the organization's invites, see an invite. */
export function maySeeInvite(principal: Principal, invite: InviteFacts): boolean {
  return invite.isForCaller || mayHandleInvite(principal, invite, 'INVITE_READ')
}

/** The invitee declines an invite; principals that edit the organization's invites cancel it. */
export function mayCancelInvite(principal: Principal, invite: InviteFacts): boolean {
  return invite.isForCaller || mayHandleInvite(principal, invite, 'INVITE_EDIT')
}

// Anybody who claims an address may accept an invite to it by its id, so tokens cannot see invites for owners.
function mayHandleInvite(
  principal: Principal,
  { organizationId, role }: InviteFacts,
  permission: 'INVITE_READ' | 'INVITE_EDIT',
): boolean {
  return (
    hasOrganizationPermission(principal, organizationId, permission) &&
    (role !== 'OWNER' || mayAppointOwners(principal, organizationId))
  )
}

/**
 * Administrators of the installation create accounts and companies and choose plans. They do not manage tokens of
 * others.
 */
export function isAdministrator(principal: Principal): boolean {
  return actingPerson(principal)?.user.isAdministrator === true
}

/**
 * The organizations of a person that require sign-in through their provider. Empty for administrators of the
 * installation, so that they can sign in when a provider is down.
 */
export function organizationsRequiringSso({ user, organizationAccess }: Person): OrganizationRow[] {
  if (user.isAdministrator) return []
  const enforcing = [...organizationAccess.values()].filter(
    ({ role, organization }) => role !== null && organization.ssoEnforced,
  )
  return enforcing.map(({ organization }) => organization)
}

/** Whether a person may sign in and log in with their password. */
export function mayUsePassword(person: Person): boolean {
  return organizationsRequiringSso(person).length === 0
}

/**
 * Whether an account may be linked to one at an organization's provider. Accounts of administrators may not, because
 * the owners of the organization control who signs in through the provider.
 */
export function mayBeLinked(user: Pick<Person['user'], 'isAdministrator'>): boolean {
  return !user.isAdministrator
}
