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
 * The law. Every question of the form "may this principal do that" is answered here and nowhere else: graphql-shield, the
 * verbs and the registry door all ask these functions. They read no database; what they need is on the principal and in
 * the arguments.
 */

/** The role a frontend shows: an owner of the company counts as an owner. */
export function effectiveRole(access: OrganizationAccess | null): OrganizationRole | null {
  if (access === null) return null
  return access.ownsCompany ? 'OWNER' : access.role
}

/** Whether the principal may know that an organization exists. */
export function mayKnowOrganization(principal: Principal, organizationId: string): boolean {
  if (principal.kind === 'ORGANIZATION_TOKEN') return principal.organization.id === organizationId
  const person = readingPerson(principal)
  return person !== null && (isAdministrator(principal) || person.organizationAccess.has(organizationId))
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
    actingPerson(principal)?.user.id === namespaceId ||
    effectiveRole(organizationAccessById(principal, namespaceId)) === 'OWNER'
  )
}

/** Owners of the organization and of its company change its settings. */
export function mayEditOrganization(principal: Principal, organizationId: string): boolean {
  return effectiveRole(organizationAccessById(principal, organizationId)) === 'OWNER'
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

/** What the scopes of a token allow in its organization, included permissions spelled out. */
export function heldByToken(scopes: readonly TokenScope[]): Set<Permission> {
  return withIncluded(scopes.flatMap((scope) => (scope.kind === 'ORGANIZATION' ? scope.permissions : [])))
}

/**
 * Whether the principal may make somebody an owner of an organization, or end that: only people who own it or its company.
 * A token that could would manage tokens by way of whom it makes an owner.
 */
export function mayAppointOwners(principal: Principal, organizationId: string): boolean {
  return effectiveRole(organizationAccessById(principal, organizationId)) === 'OWNER'
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
  return hasOrganizationPermission(principal, organizationId, 'MEMBER_EDIT')
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
    hasOrganizationPermission(principal, organizationId, permission) &&
    (role !== 'OWNER' || mayAppointOwners(principal, organizationId))
  )
}

/** Administrators of the installation sign people up, choose plans and make companies; they manage nobody's tokens by that. */
export function isAdministrator(principal: Principal): boolean {
  return actingPerson(principal)?.user.isAdministrator === true
}

/**
 * The organizations of a person that refuse passwords: members sign in through the organization's provider. None for
 * administrators of the installation, so that it cannot be locked by a provider that is down.
 */
export function organizationsRequiringSso({ user, organizationAccess }: Person): OrganizationRow[] {
  if (user.isAdministrator) return []
  const enforcing = [...organizationAccess.values()].filter(
    ({ role, organization }) => role !== null && organization.ssoEnforced,
  )
  return enforcing.map(({ organization }) => organization)
}

/** Whether a person may sign in and log in with their password: not while an organization of theirs refuses it. */
export function mayUsePassword(person: Person): boolean {
  return organizationsRequiringSso(person).length === 0
}

/**
 * Whether an account may be linked to one at an organization's provider, whose owners decide from then on who signs in as
 * that person: no administrator of the installation's.
 */
export function mayBeLinked(user: Pick<Person['user'], 'isAdministrator'>): boolean {
  return !user.isAdministrator
}
