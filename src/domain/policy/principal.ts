import type { OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import type { Plan } from '../model/plan.ts'
import type { TokenScope } from '../model/scope.ts'

/** The caller. Found once per request, before the request is interpreted. */
export type Principal =
  | Anonymous
  | SessionPrincipal
  | PasswordPrincipal
  | PersonalTokenPrincipal
  | OrganizationTokenPrincipal

export interface Anonymous {
  readonly kind: 'ANONYMOUS'
}

/** A person, with their access to organizations. */
export interface Person {
  readonly user: {
    readonly id: string
    readonly username: string
    readonly displayName: string
    readonly email: string | null
    readonly isAdministrator: boolean
    readonly createdAt: string
  }
  /** By the id of the organization. */
  readonly organizationAccess: ReadonlyMap<string, OrganizationAccess>
}

/** A signed-in person. */
export interface SessionPrincipal extends Person {
  readonly kind: 'SESSION'
  readonly sessionId: string
}

/** A person who sent their password for one request, such as a `docker login`. */
export interface PasswordPrincipal extends Person {
  readonly kind: 'PASSWORD'
}

/** A personal token. It can do what the person can do at this moment, limited by its access and scopes. */
export interface PersonalTokenPrincipal extends Person {
  readonly kind: 'PERSONAL_TOKEN'
  readonly token: UsedToken & {
    readonly access: PersonalAccess
    /** The session of a device's token. Null for a token that the person generated. */
    readonly sessionId: string | null
  }
  readonly scopes: readonly TokenScope[]
}

/** The access of a person to an organization: as a member, as an owner of its company, or both. */
export interface OrganizationAccess {
  /** As it was at the authentication. */
  readonly organization: OrganizationRow
  /** The role as a member. Null for an owner of the company who is not a member. */
  readonly role: OrganizationRole | null
  readonly ownsCompany: boolean
}

/** An organization token. It acts as the organization, not as a person. */
export interface OrganizationTokenPrincipal {
  readonly kind: 'ORGANIZATION_TOKEN'
  readonly token: UsedToken & { readonly pullLimit: number | null }
  readonly organization: { readonly id: string; readonly name: string; readonly plan: Plan }
  readonly scopes: readonly TokenScope[]
}

/** The token of a request. */
export interface UsedToken {
  readonly id: string
  readonly label: string
  readonly secretId: string
  /** Whether its secret was used before. */
  readonly everUsed: boolean
}

export const anonymous: Anonymous = { kind: 'ANONYMOUS' }

/**
 * The person, if they act with all their rights: signed in, or with their password. Null for all others, also tokens.
 */
export function actingPerson(principal: Principal): Person | null {
  return principal.kind === 'SESSION' || principal.kind === 'PASSWORD' ? principal : null
}

/** The person who acts, in person or with a personal token. */
export function personBehind(principal: Principal): Person | null {
  return principal.kind === 'PERSONAL_TOKEN' ? principal : actingPerson(principal)
}

/** The access token of the caller. Null if they used no token. */
export function usedToken(principal: Principal): UsedToken | null {
  return principal.kind === 'PERSONAL_TOKEN' || principal.kind === 'ORGANIZATION_TOKEN' ? principal.token : null
}

/** The id of the organization or person whose token the caller used. Null if they used no token. */
export function usedTokenOwnerId(principal: Principal): string | null {
  if (principal.kind === 'ORGANIZATION_TOKEN') return principal.organization.id
  return principal.kind === 'PERSONAL_TOKEN' ? principal.user.id : null
}

/** The id of the namespace with that name, if the principal belongs to it. Null if not, whether it exists or not. */
export function namespaceIdOf(principal: Principal, name: string): string | null {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return principal.organization.name === name ? principal.organization.id : null
  const person = personBehind(principal)
  if (person?.user.username === name) return person.user.id
  for (const { organization } of person?.organizationAccess.values() ?? [])
    if (organization.name === name) return organization.id
  return null
}

/** The access of an acting person to the organization with that name. Null if they have no access. */
export function organizationAccessByName(principal: Principal, organizationName: string): OrganizationAccess | null {
  for (const access of actingPerson(principal)?.organizationAccess.values() ?? [])
    if (access.organization.name === organizationName) return access
  return null
}

/** The access of an acting person to the organization with that id. Null if they have no access. */
export function organizationAccessById(principal: Principal, organizationId: string): OrganizationAccess | null {
  return actingPerson(principal)?.organizationAccess.get(organizationId) ?? null
}

/** The person with access to one more organization, for the rest of the request that gave it to them. */
export function withOrganizationAccess(person: SessionPrincipal, access: OrganizationAccess): SessionPrincipal {
  return { ...person, organizationAccess: new Map(person.organizationAccess).set(access.organization.id, access) }
}

/** The person with another role in an organization, or without a role (null), for the rest of the request. */
export function withRole(
  person: SessionPrincipal,
  organization: OrganizationRow,
  role: OrganizationRole | null,
): SessionPrincipal {
  const ownsCompany = person.organizationAccess.get(organization.id)?.ownsCompany === true
  if (role !== null || ownsCompany) return withOrganizationAccess(person, { organization, role, ownsCompany })
  const organizationAccess = new Map(person.organizationAccess)
  organizationAccess.delete(organization.id)
  return { ...person, organizationAccess }
}
