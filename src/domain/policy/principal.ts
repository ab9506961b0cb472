import type { OrganizationRole } from '../model/membership.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { PersonalAccess } from '../model/personal-access.ts'
import type { Plan } from '../model/plan.ts'
import type { TokenScope } from '../model/scope.ts'

/** Who is calling. Resolved once per request, before either door looks at what is asked. */
export type Principal =
  | Anonymous
  | SessionPrincipal
  | PasswordPrincipal
  | PersonalTokenPrincipal
  | OrganizationTokenPrincipal

export interface Anonymous {
  readonly kind: 'ANONYMOUS'
}

/** A person, and what they are in the organizations that they have to do with. */
export interface Person {
  readonly user: {
    readonly id: string
    readonly username: string
    readonly displayName: string
    readonly email: string | null
    readonly isAdministrator: boolean
    readonly createdAt: string
  }
  /** Every organization in which the person may do anything by role, by organization id. */
  readonly organizationAccess: ReadonlyMap<string, OrganizationAccess>
}

/** A person who signed in. */
export interface SessionPrincipal extends Person {
  readonly kind: 'SESSION'
  readonly sessionId: string
}

/** A person who gave their password for this one request: a `docker login`. */
export interface PasswordPrincipal extends Person {
  readonly kind: 'PASSWORD'
}

/** A personal token: it reaches what the person reaches at this moment, and of that what its access and scopes leave. */
export interface PersonalTokenPrincipal extends Person {
  readonly kind: 'PERSONAL_TOKEN'
  readonly token: UsedToken & {
    readonly access: PersonalAccess
    /** The session of the device that made it; null for a token that the person generated. */
    readonly sessionId: string | null
  }
  readonly scopes: readonly TokenScope[]
}

/** What a person is in one organization. At least one of the two is set. */
export interface OrganizationAccess {
  /** As it was when the caller was authenticated. */
  readonly organization: OrganizationRow
  /** Their role as a member; null for one who only owns the organization's company. */
  readonly role: OrganizationRole | null
  readonly ownsCompany: boolean
}

/** An organization token. It acts as the organization, never as a person. */
export interface OrganizationTokenPrincipal {
  readonly kind: 'ORGANIZATION_TOKEN'
  readonly token: UsedToken & { readonly pullLimit: number | null }
  readonly organization: { readonly id: string; readonly name: string; readonly plan: Plan }
  readonly scopes: readonly TokenScope[]
}

/** The token that a request was made with. */
export interface UsedToken {
  readonly id: string
  readonly label: string
  readonly secretId: string
  /** Whether this secret of it was used before. */
  readonly everUsed: boolean
}

export const anonymous: Anonymous = { kind: 'ANONYMOUS' }

/** The person who acts with all that they may: signed in, or with their password. Null for everybody else, tokens too. */
export function actingPerson(principal: Principal): Person | null {
  return principal.kind === 'SESSION' || principal.kind === 'PASSWORD' ? principal : null
}

/** The person behind a principal, whether they act themselves or through a token of theirs. */
export function personBehind(principal: Principal): Person | null {
  return principal.kind === 'PERSONAL_TOKEN' ? principal : actingPerson(principal)
}

/** The access token that the caller used, if any. */
export function usedToken(principal: Principal): UsedToken | null {
  return principal.kind === 'PERSONAL_TOKEN' || principal.kind === 'ORGANIZATION_TOKEN' ? principal.token : null
}

/** The id of the organization or the person whose token the caller used; null: they used none. */
export function usedTokenOwnerId(principal: Principal): string | null {
  if (principal.kind === 'ORGANIZATION_TOKEN') return principal.organization.id
  return principal.kind === 'PERSONAL_TOKEN' ? principal.user.id : null
}

/** The id of a namespace by its name, where the principal has to do with it; null for any other, whether it exists or not. */
export function namespaceIdOf(principal: Principal, name: string): string | null {
  if (principal.kind === 'ORGANIZATION_TOKEN')
    return principal.organization.name === name ? principal.organization.id : null
  const person = personBehind(principal)
  if (person?.user.username === name) return person.user.id
  for (const { organization } of person?.organizationAccess.values() ?? [])
    if (organization.name === name) return organization.id
  return null
}

/** What an acting person is in an organization, by the organization's name; null: nothing. */
export function organizationAccessByName(principal: Principal, organizationName: string): OrganizationAccess | null {
  for (const access of actingPerson(principal)?.organizationAccess.values() ?? [])
    if (access.organization.name === organizationName) return access
  return null
}

/** What an acting person is in an organization, by its id; null: nothing. */
export function organizationAccessById(principal: Principal, organizationId: string): OrganizationAccess | null {
  return actingPerson(principal)?.organizationAccess.get(organizationId) ?? null
}

/** The person with access to one more organization: for the rest of the request that gave it to them. */
export function withOrganizationAccess(person: SessionPrincipal, access: OrganizationAccess): SessionPrincipal {
  return { ...person, organizationAccess: new Map(person.organizationAccess).set(access.organization.id, access) }
}

/** The person with another role in an organization, or with none (null): for the rest of the request that changed it. */
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
